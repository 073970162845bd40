import { SpanStatusCode, trace, type Attributes, type Context, type Span } from '@opentelemetry/api';
import { Caller } from './caller.ts';
import type { OperationClient } from './operation-client.ts';
import { startSpan, type SpanStart } from './common-attributes.ts';
import { errorTypeOf } from './error-type.ts';
import { DB_TIMEOUT_PHASE } from './names.ts';
import type { ConnectionHolding } from './pooled-connections.ts';

/** How to read the errors of one kind of server, as one client library throws them. */
export interface ServerErrors {
  /** The server's own status: `db.response.status_code`, and `error.type`. Undefined for what the client made itself. */
  statusOf(error: unknown): string | undefined;
  /** What may be shown of its message, at most; default, and when undefined: what stands before the first value in it. */
  shownOf?(error: unknown): string | undefined;
  /** Statuses that are a step of the protocol, such as a redirection, and no failure. */
  readonly steps?: ReadonlySet<string>;
}

/** A call to a server waits for a connection, then for the answer; in HTTP's words. */
export type TimeOutPhase = 'connect' | 'ttfb';

/** For a client library whose errors carry no status of the server's. */
export const NO_STATUS: ServerErrors = { statusOf: () => undefined };

/** The attributes of a span that its duration is measured by. */
const MEASURED = [
  'db.system.name',
  'db.namespace',
  'db.operation.name',
  'db.collection.name',
  'server.address',
  'server.port',
];

/** An operation that a client library sends to a server: a query, a command, a batch of them; and its span. */
export class ClientOperation extends Caller {
  protected readonly span: Span;
  /** It has succeeded or failed; what comes later counts no more. */
  protected settled = false;
  readonly #client: OperationClient;
  readonly #errors: ServerErrors;
  readonly #attributes: Readonly<Attributes> | undefined;
  /** `performance.now()`, if durations are measured. */
  readonly #start: number;

  /**
   * @param where its caller is
   * @param name of the span
   * @param start with all that operations of this kind have in common under `common`
   * @param holding of the pooled connection it goes over
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
    // A wait that began without a parent and its operation are one trace.
    const parent = holding?.parent && !trace.getSpan(where) ? holding.parent : where;
    this.span = startSpan(client.tracer, name, start, parent);
    holding?.sent(this.span);
  }

  /** Ends the span, unless it has ended. */
  succeeded(): void {
    if (this.settled) return;
    this.settled = true;
    this.end(undefined);
  }

  /** Ends the span with the error, unless it has ended. */
  failed(error: unknown): void {
    if (this.settled) return;
    this.settled = true;
    this.end(this.describe(error));
  }

  /**
   * Ends the span with an error by which its client says that a limit of its own ran out.
   *
   * @param phase what it was waiting for; undefined: not known
   */
  timedOut(error: unknown, phase?: TimeOutPhase): void {
    if (this.settled) return;
    this.settled = true;
    if (phase !== undefined) this.span.setAttribute(DB_TIMEOUT_PHASE, phase);
    this.end(this.describe(error, 'timeout'));
  }

  /** Ends the span with the class of an error that cannot be seen, as it is the caller's alone. */
  refused(errorType: string): void {
    if (this.settled) return;
    this.settled = true;
    this.span.setAttribute('error.type', errorType);
    this.span.setStatus({ code: SpanStatusCode.ERROR });
    this.end(errorType);
  }

  /**
   * Puts an error on the span.
   *
   * @param given its `error.type`, where the server gave no status
   * @returns `error.type`; undefined for a step of the protocol
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
    this.span.end();
    const { duration } = this.#client;
    if (!duration || this.#start === 0) return;
    const attributes = this.measured();
    if (!attributes) return;
    if (errorType !== undefined) attributes['error.type'] = errorType;
    duration.record((performance.now() - this.#start) / 1_000, attributes);
  }

  /** Attributes of the metric; undefined: it is not measured. */
  protected measured(): Attributes | undefined {
    const attributes: Attributes = {};
    for (const key of MEASURED) {
      const value = this.#attributes?.[key];
      if (value !== undefined) attributes[key] = value;
    }
    return attributes;
  }
}
