import { propagation, ROOT_CONTEXT, trace, type Baggage, type Context, type Span } from '@opentelemetry/api';
import { withXTraceId } from '@foreshock/kit';

/** Beyond the span context. */
export interface RemoteTrace {
  readonly traceId: string;
  /** Level 2's random flag; the SDK withholds it from child spans. */
  readonly random: boolean;
  readonly debug: boolean;
}

/** The API's private key, by its setter. */
function keyOf(set: (where: Context) => Context): symbol {
  let learned: symbol | undefined;
  const listening: Context = {
    getValue: () => undefined,
    setValue(key) {
      learned = key;
      return listening;
    },
    deleteValue: () => listening,
  };
  set(listening);
  if (learned === undefined) throw new Error('the API sets no context value');
  return learned;
}

const SPAN = keyOf((where) => trace.setSpan(where, trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 })));
const BAGGAGE = keyOf((where) => propagation.setBaggage(where, propagation.createBaggage()));
const X_TRACE_ID = keyOf((where) => withXTraceId(where, ''));
const REMOTE = Symbol.for('foreshock.remote-trace');

export function remoteTraceOf(where: Context): RemoteTrace | undefined {
  return where.getValue(REMOTE) as RemoteTrace | undefined;
}

/** Four fields; the API's copies a `Map` and creates three closures a value (bench/propagate.ts). */
export class ExtractedContext implements Context {
  static readonly #empty = new ExtractedContext(ROOT_CONTEXT, undefined, undefined, undefined, undefined);
  readonly #rest: Context;
  readonly #span: unknown;
  readonly #remote: unknown;
  readonly #xTraceId: unknown;
  readonly #baggage: unknown;

  private constructor(rest: Context, span: unknown, remote: unknown, xTraceId: unknown, baggage: unknown) {
    this.#rest = rest;
    this.#span = span;
    this.#remote = remote;
    this.#xTraceId = xTraceId;
    this.#baggage = baggage;
  }

  /** Undefined: as in `where`. */
  static over(
    where: Context,
    span: Span | undefined,
    remote: RemoteTrace | undefined,
    xTraceId: string | undefined,
    baggage: Baggage | undefined,
  ): Context {
    const base = ExtractedContext.#from(where);
    return new ExtractedContext(
      base.#rest,
      span ?? base.#span,
      remote ?? base.#remote,
      xTraceId ?? base.#xTraceId,
      baggage ?? base.#baggage,
    );
  }

  static #from(where: Context): ExtractedContext {
    if (where === ROOT_CONTEXT) return ExtractedContext.#empty;
    // Repeatedly extracting into one's own context would grow a chain.
    if (where instanceof ExtractedContext) return where;
    return new ExtractedContext(
      where,
      where.getValue(SPAN),
      where.getValue(REMOTE),
      where.getValue(X_TRACE_ID),
      where.getValue(BAGGAGE),
    );
  }

  getValue(key: symbol): unknown {
    if (key === SPAN) return this.#span;
    if (key === REMOTE) return this.#remote;
    if (key === X_TRACE_ID) return this.#xTraceId;
    if (key === BAGGAGE) return this.#baggage;
    return this.#rest === ROOT_CONTEXT ? undefined : this.#rest.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return new ExtractedContext(
      isSlot(key) ? this.#rest : this.#rest.setValue(key, value),
      key === SPAN ? value : this.#span,
      key === REMOTE ? value : this.#remote,
      key === X_TRACE_ID ? value : this.#xTraceId,
      key === BAGGAGE ? value : this.#baggage,
    );
  }

  deleteValue(key: symbol): Context {
    if (isSlot(key)) return this.setValue(key, undefined);
    return new ExtractedContext(this.#rest.deleteValue(key), this.#span, this.#remote, this.#xTraceId, this.#baggage);
  }
}

function isSlot(key: symbol): boolean {
  return key === SPAN || key === REMOTE || key === X_TRACE_ID || key === BAGGAGE;
}
