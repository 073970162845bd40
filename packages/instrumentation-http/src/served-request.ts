import { SpanStatusCode, type Attributes, type Context, type Span } from '@opentelemetry/api';
import {
  detachedTimeout,
  errorTypeOf,
  ServedContext,
  spanContextOf,
  xTraceIdOf,
  type RpcMetadata,
} from '@foreshock/kit';
import { GRAPHQL_OPERATION_NAME, GRAPHQL_OPERATION_TYPE, HTTP_REQUEST_CANCELLED } from '@foreshock/kit/names';
import type { ReceivedRequest, Served, ServedOperation } from './events.ts';
import { methodInName } from './method.ts';
import { operationInName } from './operation-name.ts';
import { schemeOf } from './server-attributes.ts';
import type { ActiveRequests, ServerMetrics } from './server-metrics.ts';
import { cut } from './url.ts';

function metricAttributes(request: ReceivedRequest, method: string): Attributes {
  return {
    'http.request.method': method,
    'url.scheme': schemeOf(request),
    'network.protocol.version': request.httpVersion,
  };
}

/** Longer: never ended. */
const INNER_MS = 1_000;

/** How and when, of `performance.now()`. */
interface Over {
  readonly reason: string | undefined;
  readonly at: number;
}

export class ServedRequest implements Served, ServedOperation, RpcMetadata {
  readonly traceText: string | undefined;
  readonly rawHeaders: readonly string[] | undefined;
  readonly context: Context;
  readonly #span: Span;
  readonly #method: string;
  readonly #metrics: ServerMetrics;
  readonly #measured: Attributes | undefined;
  readonly #active: ActiveRequests | undefined;
  readonly #started: number;
  #route: string | undefined;
  /** None if the status is 404. */
  #possibleRoute: string | undefined;
  #operation: string | undefined;
  /** Of its operation: the status is 200 all the same. */
  #failure: string | undefined;
  #statusCode: number | undefined;
  #ended = false;
  /** Frameworks' open server spans. */
  #inner = 0;
  /** The response ended before an inner span. */
  #over: Over | undefined;

  /** @param tellTrace sends `x-trace-id` */
  constructor(
    span: Span,
    parent: Context,
    request: ReceivedRequest,
    method: string,
    metrics: ServerMetrics,
    tellTrace: boolean,
  ) {
    this.rawHeaders = request.rawHeaders;
    this.#span = span;
    this.context = new ServedContext(parent, span, this);
    this.#method = method;
    this.#metrics = metrics;
    this.#measured = metrics.wanted ? metricAttributes(request, method) : undefined;
    this.#started = this.#measured ? performance.now() : 0;
    this.#active = this.#measured && metrics.activeOf(method, schemeOf(request));
    this.#active?.started();
    this.traceText = tellTrace ? (xTraceIdOf(parent) ?? spanContextOf(this.context)?.traceId) : undefined;
  }

  answered(statusCode: number): void {
    this.#statusCode = statusCode;
  }

  finished(): void {
    this.#end(undefined);
  }

  aborted(errorType: string | undefined): void {
    if (errorType === undefined && !this.#ended && !this.#over) this.#span.setAttribute(HTTP_REQUEST_CANCELLED, true);
    this.#end(errorType);
  }

  // `RPCMetadata` of upstream.

  get type(): string {
    return 'http';
  }

  get span(): Span {
    return this.#span;
  }

  get route(): string | undefined {
    return this.#route;
  }

  mayBeRoute(route: string): void {
    this.#possibleRoute = route;
  }

  set route(route: string | undefined) {
    this.#possibleRoute = undefined;
    if (this.#ended || typeof route !== 'string' || route === '' || route === this.#route) return;
    this.#route = cut(route);
    // Early, for a dying process.
    this.#span.setAttribute('http.route', this.#route);
    this.#updateName();
  }

  /** By its first operation: later ones are of a batch, or parts of the first. */
  named(type: string, name: string | undefined): void {
    if (this.#ended || this.#operation !== undefined) return;
    this.#operation = operationInName(type, name);
    this.#span.setAttribute(GRAPHQL_OPERATION_TYPE, type);
    if (name !== undefined) this.#span.setAttribute(GRAPHQL_OPERATION_NAME, cut(name));
    this.#updateName();
  }

  failed(error: unknown): void {
    this.#failure ??= errorTypeOf(error);
  }

  #updateName(): void {
    const route = this.#route === undefined ? '' : ` ${this.#route}`;
    const operation = this.#operation === undefined ? '' : ` ${this.#operation}`;
    this.#span.updateName(methodInName(this.#method) + route + operation);
  }

  /** False once ended. */
  innerStarted(): boolean {
    if (this.#over !== undefined || this.#ended) return false;
    this.#inner++;
    return true;
  }

  innerEnded(route: unknown): void {
    this.#inner--;
    if (typeof route === 'string') this.route = route;
    if (this.#inner === 0 && this.#over) this.#finish(this.#over.reason, this.#over.at);
  }

  #end(reason: string | undefined): void {
    if (this.#ended || this.#over) return;
    if (this.#active) this.#active.count--;
    if (this.#inner === 0) return this.#finish(reason, undefined);
    // The framework's route comes later.
    const at = performance.now();
    this.#over = { reason, at };
    detachedTimeout('a server span', () => this.#finish(reason, at), INNER_MS);
  }

  /** @param at of `performance.now()`; default now */
  #finish(reason: string | undefined, at: number | undefined): void {
    if (this.#ended) return;
    const statusCode = this.#statusCode;
    if (this.#possibleRoute !== undefined && statusCode !== 404) this.route = this.#possibleRoute;
    this.#ended = true;
    const errorType = reason ?? (statusCode !== undefined && statusCode >= 500 ? String(statusCode) : this.#failure);
    if (statusCode !== undefined) this.#span.setAttribute('http.response.status_code', statusCode);
    if (errorType !== undefined) {
      this.#span.setAttribute('error.type', errorType);
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end(at);
    const measured = this.#measured;
    if (!measured) return;
    if (statusCode !== undefined) measured['http.response.status_code'] = statusCode;
    if (errorType !== undefined) measured['error.type'] = errorType;
    if (this.#route !== undefined) measured['http.route'] = this.#route;
    this.#metrics.ended(this.#started, measured, this.context, at);
  }
}
