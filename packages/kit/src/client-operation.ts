import { SpanStatusCode, trace, type Attributes, type Context, type Span } from '@opentelemetry/api';
import { Caller } from './caller.ts';
import { openingOf } from './connection-opening.ts';
import type { OperationClient } from './operation-client.ts';
import { startSpan, type SpanStart } from './common-attributes.ts';
import { errorTypeOf } from './error-type.ts';
import { DB_TIMEOUT_PHASE } from './names.ts';
import type { ConnectionHolding } from './pooled-connections.ts';
import { withSpan } from './served-context.ts';

/** How to read a server's errors in a client library's form. */
export interface ServerErrors {
  /** For `db.response.status_code` and `error.type`; undefined for client errors. */
  statusOf(error: unknown): string | undefined;
  /** The message's public part; undefined: up to the first value. */
  shownOf?(error: unknown): string | undefined;
  /** No failures, such as redirections. */
  readonly steps?: ReadonlySet<string>;
}

/** What the call waited for, in HTTP's terms. */
export type TimeOutPhase = 'connect' | 'ttfb';

export const NO_STATUS: ServerErrors = { statusOf: () => undefined };

/** Copied to the duration metric. */
const MEASURED = [
  'db.system.name',
  'db.namespace',
  'db.operation.name',
  'db.collection.name',
  'server.address',
  'server.port',
];

export class ClientOperation extends Caller {
  protected readonly span: Span;
  protected settled = false;
  readonly #client: OperationClient;
  readonly #errors: ServerErrors;
  readonly #attributes: Readonly<Attributes> | undefined;
  readonly #start: number;
  #connection: object | undefined;
  #waitsSince = 0;

  /**
   * @param where the caller's context
   * @param start with shared attributes in `common`
   */
  constructor(
    client: OperationClient,
    where: Context,
    name: string,
    start: SpanStart,
    errors: ServerErrors,
    holding: ConnectionHolding | undefined,
  ) {
    super(where);
    this.#client = client;
    this.#errors = errors;
    this.#attributes = start.common?.values;
    this.#start = client.duration ? performance.now() : 0;
    // The trace of a wait that began parentless.
    const parent = holding?.parent && !trace.getSpan(where) ? holding.parent : where;
    this.span = startSpan(client.tracer, name, start, parent);
    holding?.sent(this.span);
  }

  /**
   * Of a connection that is not ready; perhaps it opens later.
   *
   * @param since as `performance.now()`
   */
  waitsFor(connection: object, since = performance.now()): void {
    openingOf(connection)?.awaited();
    this.#connection = connection;
    this.#waitsSince = since;
  }

  succeeded(): void {
    if (this.settled) return;
    this.settled = true;
    this.end(undefined);
  }

  failed(error: unknown): void {
    if (this.settled) return;
    this.settled = true;
    this.end(this.describe(error));
  }

  /**
   * Ends the span with a client timeout's error.
   *
   * @param phase undefined: unknown
   */
  timedOut(error: unknown, phase?: TimeOutPhase): void {
    if (this.settled) return;
    this.settled = true;
    if (phase !== undefined) this.span.setAttribute(DB_TIMEOUT_PHASE, phase);
    this.end(this.describe(error, 'timeout'));
  }

  /** Ends the span with an error class: only the caller sees the error. */
  refused(errorType: string): void {
    if (this.settled) return;
    this.settled = true;
    this.span.setAttribute('error.type', errorType);
    this.span.setStatus({ code: SpanStatusCode.ERROR });
    this.end(errorType);
  }

  /**
   * @param given `error.type` without a server status
   * @returns undefined for a step of the protocol
   */
  protected describe(error: unknown, given?: string): string | undefined {
    const errors = this.#errors;
    const status = errors.statusOf(error);
    if (status !== undefined) this.span.setAttribute('db.response.status_code', status);
    if (status !== undefined && errors.steps?.has(status)) return undefined;
    const type = status ?? given ?? errorTypeOf(error);
    this.span.setAttribute('error.type', type);
    const message = this.#client.messageOf(error, errors.shownOf?.(error));
    this.span.setStatus({ code: SpanStatusCode.ERROR, message });
    return type;
  }

  protected end(errorType: string | undefined): void {
    if (this.#connection) this.#describeOpening(this.#connection);
    this.span.end();
    const { duration } = this.#client;
    if (!duration || this.#start === 0) return;
    const attributes = this.measured();
    if (!attributes) return;
    if (errorType !== undefined) attributes['error.type'] = errorType;
    duration.record((performance.now() - this.#start) / 1_000, attributes, withSpan(this.context, this.span));
  }

  #describeOpening(connection: object): void {
    const opening = openingOf(connection);
    if (opening) this.span.setAttributes(opening.took(this.#waitsSince));
  }

  /** Of the metric; undefined: not measured. */
  protected measured(): Attributes | undefined {
    const attributes: Attributes = {};
    for (const key of MEASURED) {
      const value = this.#attributes?.[key];
      if (value !== undefined) attributes[key] = value;
    }
    return attributes;
  }
}
