import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { Caller, errorMessageOf, errorTypeOf, roundMs, startSpan, type Telemetry } from '@foreshock/kit';
import { QUEUE_ACKED_EARLY, QUEUE_DEAD_LETTERED, QUEUE_SETTLED, QUEUE_SETTLED_AFTER_MS } from '@foreshock/kit/names';
import { extract } from './carriers.ts';
import type { Delivery, Failure, Processing, Settlement } from './events.ts';
import { attributesOfAll, linksTo } from './message-attributes.ts';
import type { MessagingMetrics } from './messaging-metrics.ts';
import type { Operation } from './operations.ts';
import { continued, newLife, withLife } from './trace-life.ts';

/** For a manual fetch. */
export interface Fetched {
  /** `performance.now()`. */
  readonly since: number;
  /** The fetching span. */
  readonly link: Link;
}

/** A single message continues its sender's trace (trace-life.ts); else a new trace links to every sender. */
export class Consumption extends Caller implements Processing {
  readonly #metrics: MessagingMetrics | undefined;
  readonly #operation: Operation;
  readonly #span: Span;
  /** `performance.now()`. */
  readonly #start: number;
  #settled: Settlement | undefined;
  #ended = false;

  constructor(
    telemetry: Telemetry,
    metrics: MessagingMetrics | undefined,
    operation: Operation,
    { messages }: Delivery,
    fetched?: Fetched,
  ) {
    const only = messages.length === 1 ? messages[0] : undefined;
    let parent = only ? extract(only.carrier) : ROOT_CONTEXT;
    let links = fetched && [fetched.link];
    const life = only && continued(only);
    if (!life) {
      links = [...(links ?? []), ...linksTo(messages)];
      // Baggage and x-trace-id are kept.
      parent = trace.deleteSpan(parent);
    }
    const span = startConsumer(telemetry.tracer, operation, attributesOfAll(messages), parent, links, fetched?.since);
    super(withLife(trace.setSpan(parent, span), life ?? newLife()));
    this.#span = span;
    this.#metrics = metrics;
    this.#operation = operation;
    this.#start = fetched?.since ?? performance.now();
    if (!metrics) return;
    const { values } = operation.attributes;
    metrics.consumed(messages.length, values);
    for (const { waitMs } of messages) if (waitMs !== undefined) metrics.waited(waitMs / 1000, values, this.context);
  }

  settled(how: Settlement): void {
    if (this.#settled || this.#ended) return;
    this.#settled = how;
    this.#span.setAttribute(QUEUE_SETTLED, how);
    this.#span.setAttribute(QUEUE_SETTLED_AFTER_MS, how === 'auto' ? 0 : roundMs(performance.now() - this.#start));
  }

  succeeded(): void {
    if (!this.#ended) this.#end(undefined);
  }

  failed({ error, type = errorTypeOf(error), deadLettered }: Failure): void {
    if (this.#ended) return;
    this.#span.setAttribute('error.type', type);
    // Acknowledged but unprocessed: lost.
    if (this.#settled && this.#settled !== 'requeue' && this.#settled !== 'reject')
      this.#span.setAttribute(QUEUE_ACKED_EARLY, true);
    if (deadLettered) this.#span.setAttribute(QUEUE_DEAD_LETTERED, true);
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessageOf(error) });
    this.#end(type);
  }

  #end(errorType: string | undefined): void {
    this.#ended = true;
    this.#span.end();
    if (!this.#metrics) return;
    const { values } = this.#operation.attributes;
    const attributes: Attributes = errorType === undefined ? values : { ...values, 'error.type': errorType };
    this.#metrics.processed((performance.now() - this.#start) / 1000, attributes, this.context);
  }
}

function startConsumer(
  tracer: Tracer,
  { spanName, attributes: common }: Operation,
  attributes: Attributes,
  parent: Context,
  links: Link[] | undefined,
  startTime: number | undefined,
): Span {
  const kind = SpanKind.CONSUMER;
  if (!links) return startSpan(tracer, spanName, { kind, attributes, common, startTime }, parent);
  // Samplers see links only at start.
  const options = { kind, attributes: { ...common.values, ...attributes }, links };
  return tracer.startSpan(spanName, startTime === undefined ? options : { ...options, startTime }, parent);
}
