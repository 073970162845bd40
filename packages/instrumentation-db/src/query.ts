import {
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Histogram,
  type Span,
} from '@opentelemetry/api';
import { errorTypeOf, isSuppressed, runIn, startSpan, type ConnectionHolding, type Telemetry } from '@foreshock/kit';
import type { Query, QueryDescription } from './events.ts';
import type { Statements } from './statements.ts';

/** An error's message, as it may be shown; the second is what may be shown of it at most. */
type Describe = (error: unknown, shown?: string) => string;

const DURATION_ATTRIBUTES = [
  'db.system.name',
  'db.namespace',
  'db.operation.name',
  'db.collection.name',
  'server.address',
  'server.port',
];

/**
 * Starts the span of a query, with the state of the pool its connection came from.
 *
 * @param describe the message of its status, should it fail
 */
export function startQuery(
  telemetry: Telemetry,
  statements: Statements,
  described: QueryDescription,
  holding: ConnectionHolding | undefined,
  duration: Histogram | undefined,
  describe: Describe,
): Query | undefined {
  const where = context.active();
  if (isSuppressed(where)) return undefined;
  const { name, summary, attributes: common } = statements.of(described, holding?.poolName);
  if (holding && summary !== undefined) holding.operation = summary;
  const start = { kind: SpanKind.CLIENT, attributes: holding?.takeState(), common };
  const parent = holding?.parent && !trace.getSpan(where) ? holding.parent : where;
  const span = startSpan(telemetry.tracer, name, start, parent);
  return new ClientQuery(span, where, common.values, duration, describe);
}

class ClientQuery implements Query {
  readonly #span: Span;
  readonly #context: Context;
  readonly #attributes: Readonly<Attributes>;
  readonly #duration: Histogram | undefined;
  readonly #describe: Describe;
  readonly #start: number;
  #settled = false;

  constructor(
    span: Span,
    where: Context,
    attributes: Readonly<Attributes>,
    duration: Histogram | undefined,
    describe: Describe,
  ) {
    this.#span = span;
    this.#context = where;
    this.#attributes = attributes;
    this.#duration = duration;
    this.#describe = describe;
    this.#start = duration ? performance.now() : 0;
  }

  succeeded(rows?: number): void {
    if (this.#settled) return;
    this.#settled = true;
    if (rows !== undefined) this.#span.setAttribute('db.response.returned_rows', rows);
    this.#span.end();
    if (this.#duration) this.#measure(this.#duration, undefined);
  }

  failed(error: unknown, code?: string, isProgrammed = false): void {
    if (this.#settled) return;
    this.#settled = true;
    const type = code ?? errorTypeOf(error);
    this.#span.setAttribute('error.type', type);
    if (code !== undefined) this.#span.setAttribute('db.response.status_code', code);
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message: this.#describe(error, isProgrammed ? '' : undefined) });
    this.#span.end();
    if (this.#duration) this.#measure(this.#duration, type);
  }

  resume<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R {
    return runIn(this.#context, fn, self, args);
  }

  #measure(duration: Histogram, errorType: string | undefined): void {
    const attributes: Attributes = {};
    for (const key of DURATION_ATTRIBUTES) {
      const value = this.#attributes[key];
      if (value !== undefined) attributes[key] = value;
    }
    if (errorType !== undefined) attributes['error.type'] = errorType;
    duration.record((performance.now() - this.#start) / 1000, attributes);
  }
}
