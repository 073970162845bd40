import { SpanKind, SpanStatusCode, trace, type Attributes, type Context, type Span } from '@opentelemetry/api';
import { Caller, errorMessageOf, errorTypeOf, startSpan, type Telemetry } from '@foreshock/kit';
import { MESSAGING_BATCH_MESSAGE_COUNT, MESSAGING_MESSAGE_ID, MESSAGING_ROUTING_KEY } from '@foreshock/kit/names';
import type { Carrier, Send, Sending } from './events.ts';
import type { MessagingMetrics } from './messaging-metrics.ts';
import type { Operation } from './operations.ts';

export class ProducerSend extends Caller implements Send {
  readonly #metrics: MessagingMetrics | undefined;
  readonly #operation: Operation;
  readonly #count: number;
  readonly #span: Span;
  /** Milliseconds, if measured. */
  readonly #start: number;
  carrier: Carrier | undefined;
  #ended = false;

  constructor(
    telemetry: Telemetry,
    metrics: MessagingMetrics | undefined,
    operation: Operation,
    where: Context,
    { count, routingKey }: Sending,
  ) {
    const attributes: Attributes = {};
    if (count > 1) attributes[MESSAGING_BATCH_MESSAGE_COUNT] = count;
    if (routingKey !== undefined) attributes[MESSAGING_ROUTING_KEY] = routingKey;
    const start = { kind: SpanKind.PRODUCER, attributes, common: operation.attributes };
    const span = startSpan(telemetry.tracer, operation.spanName, start, where);
    super(trace.setSpan(where, span));
    this.#span = span;
    this.#metrics = metrics;
    this.#operation = operation;
    this.#count = count;
    this.#start = metrics ? performance.now() : 0;
  }

  sent(count = this.#count, id?: string): void {
    if (this.#ended) return;
    if (id !== undefined && this.#count === 1) this.#span.setAttribute(MESSAGING_MESSAGE_ID, id);
    this.#end(count, undefined);
  }

  failed(error: unknown): void {
    if (this.#ended) return;
    const type = errorTypeOf(error);
    this.#span.setAttribute('error.type', type);
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessageOf(error) });
    this.#end(this.#count, type);
  }

  #end(count: number, errorType: string | undefined): void {
    this.#ended = true;
    this.#span.end();
    if (!this.#metrics) return;
    const { values } = this.#operation.attributes;
    const attributes: Attributes = errorType === undefined ? values : { ...values, 'error.type': errorType };
    this.#metrics.sent(count, (performance.now() - this.#start) / 1000, attributes, this.context);
  }
}
