import {
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { errorMessageOf, errorTypeOf, isSuppressed, roundMs, runIn, startSpan } from '@foreshock/kit';
import {
  POOL_GRANTED_IDLE,
  POOL_GRANTED_PENDING,
  POOL_GRANTED_USED,
  POOL_HOLDER_HELD_MS,
  POOL_HOLDER_OPERATION,
  POOL_HOLDER_TRACE_ID,
  POOL_IDLE,
  POOL_PENDING,
  POOL_USED,
  POOL_WAIT_MS,
  POOL_WAIT_REASON,
} from '@foreshock/kit/names';
import type { Acquisition, Driver, PoolState } from './events.ts';
import { Hold, holdingOf, nameSpan, type Holding, type PoolBook, type PooledConnection } from './pool-book.ts';
import type { PoolMetrics } from './pool-metrics.ts';
import { Saturation } from './pool-saturation.ts';

/**
 * An idle connection was to be handed over at once, but it is one nobody has had yet, and comes later than this: the
 * idle one was dead. Time alone proves nothing: a busy event loop delays what is handed over at once, too.
 */
const AT_ONCE_MS = 10;

/** What a {@link PoolWait} needs of its boundary. */
export interface PoolWatch {
  readonly tracer: Tracer;
  readonly metrics: PoolMetrics | undefined;
  readonly recognise: Driver;
  /** What is remembered of a connection. */
  connection(resource: object): PooledConnection;
  /** Its queries belong to this holding of it from here on. */
  granted(connection: object, pooled: PooledConnection): void;
}

/** One caller at one pool, from asking to having. */
export class PoolWait implements Acquisition {
  readonly #watch: PoolWatch;
  readonly #pool: object;
  readonly #book: PoolBook;
  readonly #asked: PoolState;
  readonly #context: Context = context.active();
  readonly #start = performance.now();
  /** Only when the caller cannot be served at once, or was not. */
  #span: Span | undefined;
  /** The pool's label when the span was named. */
  #label: string | undefined;
  /** The pool was full when this caller asked. */
  readonly #saturation: Saturation | undefined;
  #holderKnown = false;
  #connectStart: number | undefined;
  #settled = false;

  constructor(watch: PoolWatch, pool: object, book: PoolBook, asked: PoolState, idle: boolean) {
    this.#watch = watch;
    this.#pool = pool;
    this.#book = book;
    this.#asked = asked;
    if (idle) return;
    const { limit } = book.description;
    // With room left the pool opens one more connection: nobody is in the way. What is idle is spoken for by
    // those before, or this caller would get it.
    const full = limit === undefined || asked.used + asked.idle >= limit;
    if (!isSuppressed(this.#context)) this.#span = this.#startSpan(full);
    if (full && limit !== undefined) {
      this.#saturation = book.saturation ??= new Saturation(watch.tracer, book);
      this.#saturation.joined(asked.pending);
    }
    book.line.add(this);
  }

  #startSpan(full: boolean, startTime?: number): Span {
    const { common, label, holds } = this.#book;
    const { used, idle, pending } = this.#asked;
    this.#label = label;
    const attributes: Attributes = { [POOL_USED]: used, [POOL_IDLE]: idle, [POOL_PENDING]: pending };
    const span = startSpan(
      this.#watch.tracer,
      `pool.acquire ${label}`,
      { kind: SpanKind.INTERNAL, attributes, common, startTime },
      this.#context,
    );
    const oldest = full ? holds.oldest : undefined;
    if (oldest) this.#blame(span, holdingOf(oldest, this.#start));
    return span;
  }

  #blame(span: Span, { heldMs, operation, spanContext }: Holding): void {
    this.#holderKnown = true;
    span.setAttribute(POOL_HOLDER_HELD_MS, heldMs);
    if (operation !== undefined) span.setAttribute(POOL_HOLDER_OPERATION, operation);
    if (!spanContext) return;
    span.setAttribute(POOL_HOLDER_TRACE_ID, spanContext.traceId);
    // A request may wait for what it holds itself; Jaeger takes a link to the parent for the parent's own reference.
    if (spanContext.spanId !== trace.getSpanContext(this.#context)?.spanId) span.addLink({ context: spanContext });
  }

  connecting(): void {
    if (this.#connectStart !== undefined || this.#settled) return;
    this.#book.line.delete(this);
    this.#connectStart = performance.now();
    // Where there was room the whole wait is the connecting; after a time in line the event parts the two.
    if (this.#saturation) this.#span?.addEvent('connecting');
  }

  granted(granted: unknown): void {
    if (this.#settled) return;
    const now = performance.now();
    this.#settle(now);
    // A pool of anything may hand out numbers: these are nothing that one could be seen to hold.
    const connection = typeof granted === 'object' && granted !== null ? granted : {};
    const recognised = this.#watch.recognise(connection);
    if (recognised) this.#book.learn(recognised);
    const { metrics } = this.#watch;
    const pooled = this.#watch.connection(connection);
    const { last } = pooled;
    // Somebody gave it back before the one that was being opened for this caller had come.
    if (last) this.#connectStart = undefined;
    const hold = new Hold(this.#book, now, trace.getSpan(this.#context), this.#asked);
    if (!last && now - this.#start >= AT_ONCE_MS) this.#startLate(now, true);
    if (this.#span) {
      // Nobody had a connection yet when this caller asked (all were being opened): it waited for the one it got.
      if (last && !this.#holderKnown) this.#blame(this.#span, last);
      hold.waitMs = roundMs(now - this.#start);
      hold.reason = this.#reason(now);
      this.#endSpan(this.#span, hold.waitMs, hold.reason);
    }
    metrics?.waited(this.#book.name, (now - this.#start) / 1000);
    if (this.#connectStart !== undefined) metrics?.created(this.#book.name, (now - this.#connectStart) / 1000);
    if (connection !== granted) return;
    pooled.hold?.book.holds.remove(pooled.hold);
    pooled.hold = hold;
    this.#book.holds.add(hold);
    this.#watch.granted(recognised?.connection ?? connection, pooled);
  }

  /** An idle connection was to be handed over at once, and was not: the span begins when it was asked for. */
  #startLate(now: number, opened: boolean): void {
    if (this.#span || isSuppressed(this.#context)) return;
    if (opened) this.#connectStart ??= this.#start;
    this.#span = this.#startSpan(false, Date.now() - (now - this.#start));
  }

  failed(error: unknown, timedOut = false): void {
    if (this.#settled) return;
    const now = performance.now();
    this.#settle(now);
    if (timedOut) this.#watch.metrics?.timedOut(this.#book.name);
    this.#startLate(now, false);
    if (!this.#span) return;
    this.#span.setAttribute('error.type', timedOut ? 'timeout' : errorTypeOf(error));
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessageOf(error) });
    this.#endSpan(this.#span, roundMs(now - this.#start), this.#reason(now));
  }

  resume<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R {
    return runIn(this.#context, fn, self, args);
  }

  #settle(now: number): void {
    this.#settled = true;
    this.#book.line.delete(this);
    if (this.#saturation?.left(now - this.#start)) {
      this.#book.saturation = undefined;
      this.#saturation.end();
    }
  }

  #endSpan(span: Span, waitMs: number, reason: string): void {
    const state = this.#book.source.state(this.#pool);
    if (this.#book.label !== this.#label) nameSpan(span, `pool.acquire ${this.#book.label}`, this.#book);
    span.setAttribute(POOL_WAIT_MS, waitMs);
    span.setAttribute(POOL_WAIT_REASON, reason);
    span.setAttribute(POOL_GRANTED_USED, state.used);
    span.setAttribute(POOL_GRANTED_IDLE, state.idle);
    span.setAttribute(POOL_GRANTED_PENDING, state.pending);
    span.end();
  }

  /** Where the longer part of the wait was spent. */
  #reason(now: number): 'queue' | 'connect' {
    if (this.#connectStart === undefined) return 'queue';
    const queued = this.#connectStart - this.#start;
    return !this.#saturation || now - this.#connectStart >= queued ? 'connect' : 'queue';
  }
}
