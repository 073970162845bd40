import { SpanStatusCode, type Attributes, type Context, type Span } from '@opentelemetry/api';
import { Caller, ServedContext } from '@foreshock/kit';
import type { Served } from './events.ts';
import type { RpcMetrics } from './rpc-metrics.ts';
import { CANCELLED, DEADLINE_EXCEEDED, isServerError, statusName } from './status.ts';

export class ServedCall extends Caller implements Served {
  readonly #span: Span;
  readonly #method: string;
  readonly #metrics: RpcMetrics;
  readonly #began = performance.now();
  #code: number | undefined;
  #ended = false;

  constructor(
    span: Span,
    parent: Context,
    rawHeaders: readonly string[] | undefined,
    method: string,
    metrics: RpcMetrics,
  ) {
    super(new ServedContext(parent, span, { type: 'grpc', rawHeaders }));
    this.#span = span;
    this.#method = method;
    this.#metrics = metrics;
  }

  answered(code: number): void {
    this.#code ??= code;
  }

  finished(isLate: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    const name = statusName(this.#code ?? (isLate ? DEADLINE_EXCEEDED : CANCELLED));
    const errorType = isServerError(name) ? name : undefined;
    this.#span.setAttribute('rpc.status_code', name);
    if (errorType !== undefined) {
      this.#span.setAttribute('error.type', errorType);
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end();
    const { server } = this.#metrics;
    if (!server) return;
    const measured: Attributes = {
      'rpc.system.name': 'grpc',
      'rpc.method': this.#method,
      'rpc.status_code': name,
      ...(errorType !== undefined && { 'error.type': errorType }),
    };
    server.record((performance.now() - this.#began) / 1_000, measured, this.context);
  }
}
