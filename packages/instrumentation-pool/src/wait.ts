import {
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import {
  errorTypeOf,
  isSuppressed,
  type ConnectionOpening,
  privateMessageOf,
  roundMs,
  startSpan,
} from '@foreshock/kit';
import {
  POOL_GRANTED_IDLE,
  POOL_GRANTED_PENDING,
  POOL_GRANTED_USED,
  POOL_HOLDER_HELD_ACROSS_IO,
  POOL_HOLDER_TRANSACTION_IDLE_MS,
  POOL_HOLDER_HELD_MS,
  POOL_HOLDER_OPERATION,
  POOL_HOLDER_TRACE_ID,
  POOL_IDLE,
  POOL_PENDING,
  POOL_USED,
  POOL_WAIT_MS,
  POOL_WAIT_REASON,
} from '@foreshock/kit/names';
import type { PoolState, WaitReason } from './events.ts';
import type { Holder } from './holder.ts';
import type { Holding } from './holding.ts';
import type { KnownPool } from './known-pool.ts';
import { nameSpan } from './named-pool.ts';
import { Saturation } from './saturation.ts';

export interface WaitBoundary {
  readonly tracer: Tracer;
}

/** Whose wait it is. */
export interface WaitingCaller extends PoolState {
  readonly pool: KnownPool;
  readonly context: Context;
  readonly start: number;
}

/** More are made at wait's end. */
const MAX_OPEN_SPANS = 1_000;

const now: PoolState = { used: 0, idle: 0, pending: 0 };

export class Wait {
  readonly #boundary: WaitBoundary;
  readonly #acquisition: WaitingCaller;
  readonly #poolObject: object;
  readonly #saturation: Saturation | undefined;
  #endsSaturation = false;
  #span: Span | undefined;
  /** When the span was named. */
  #label: string | undefined;
  #holderKnown = false;
  #holderSpanId: string | undefined;
  #connectStart: number | undefined;
  #waitMs = 0;
  #reason: WaitReason = 'queue';
  readonly #hindrance: WaitReason | undefined;
  /** The oldest slot's, until known. */
  #holder: Holder | undefined;
  /** At the request. */
  readonly #fullMs: number | undefined;
  readonly #pauses: number;

  /**
   * @param hindrance if no other caller delays it
   * @param opened if an idle connection was expected: whether a new one was opened
   */
  constructor(
    boundary: WaitBoundary,
    acquisition: WaitingCaller,
    poolObject: object,
    hindrance?: WaitReason,
    opened?: boolean,
  ) {
    this.#boundary = boundary;
    this.#acquisition = acquisition;
    this.#poolObject = poolObject;
    this.#hindrance = hindrance;
    this.#pauses = acquisition.pool.pauses;
    this.#fullMs = acquisition.pool.fullMs(acquisition.start);
    if (opened !== undefined) {
      if (opened) this.#connectStart = acquisition.start;
      return;
    }
    const { pool, used, idle, pending } = acquisition;
    const { limit } = pool.description;
    // A connection opens: no holder delays.
    const isFull = !hindrance && (limit === undefined || used + idle >= limit);
    if (pool.waiting.size < MAX_OPEN_SPANS) this.#startSpan(undefined);
    const oldest = isFull ? pool.holdings.oldest : undefined;
    if (oldest && pool.source.ofTasks) this.#holder = oldest.holder(acquisition.start);
    else if (oldest) this.#nameHolder(oldest.holder(acquisition.start));
    if (!isFull || limit === undefined) return;
    this.#saturation = pool.saturation ??= new Saturation(pool.holdings, acquisition.start);
    this.#saturation.joined(pending);
  }

  #startSpan(startTime: number | undefined): Span | undefined {
    const { pool, context: where, used, idle, pending } = this.#acquisition;
    if (isSuppressed(where)) return undefined;
    this.#label = pool.label;
    const attributes: Attributes = { [POOL_USED]: used, [POOL_PENDING]: pending };
    if (Number.isFinite(idle)) attributes[POOL_IDLE] = idle;
    const start = { kind: SpanKind.INTERNAL, attributes, common: pool.common, startTime };
    return (this.#span = startSpan(this.#boundary.tracer, `pool.acquire ${pool.label}`, start, where));
  }

  #nameHolder({ heldMs, operation, acrossIo, transactionIdleMs, spanContext }: Holder): void {
    const span = this.#span;
    if (!span) return;
    const isNamed = this.#holderKnown && spanContext !== undefined && spanContext.spanId === this.#holderSpanId;
    // Known at its release only.
    if (!this.#holderKnown || isNamed) {
      if (acrossIo !== undefined) span.setAttribute(POOL_HOLDER_HELD_ACROSS_IO, acrossIo);
      if (transactionIdleMs !== undefined) span.setAttribute(POOL_HOLDER_TRANSACTION_IDLE_MS, transactionIdleMs);
    }
    if (this.#holderKnown) return;
    this.#holderKnown = true;
    this.#holderSpanId = spanContext?.spanId;
    span.setAttribute(POOL_HOLDER_HELD_MS, heldMs);
    if (operation !== undefined) span.setAttribute(POOL_HOLDER_OPERATION, operation);
    if (!spanContext) return;
    span.setAttribute(POOL_HOLDER_TRACE_ID, spanContext.traceId);
    // A request may wait for itself; Jaeger treats a link to the parent as the parent reference.
    const parent = trace.getSpanContext(this.#acquisition.context);
    if (spanContext.spanId !== parent?.spanId) span.addLink({ context: spanContext });
  }

  connecting(): void {
    if (this.#connectStart !== undefined) return;
    this.#connectStart = performance.now();
    // Connecting starts after the queue's time.
    if (this.#saturation) this.#span?.addEvent('connecting');
  }

  over(at: number): void {
    const { pool, start } = this.#acquisition;
    this.#waitMs = roundMs(at - start);
    this.#reason = this.#reasonAt(at);
    if (!this.#saturation?.left(at - start, this.#reason !== 'rate' && this.#reason !== 'paused')) return;
    pool.saturation = undefined;
    this.#endsSaturation = true;
  }

  /** @param holding before this; undefined: a slot */
  granted(at: number, holding?: Holding): void {
    const { start } = this.#acquisition;
    // Before the new one.
    if (holding?.returned) this.#connectStart = undefined;
    const span = this.#span ?? this.#startSpan(Date.now() - (at - start));
    if (!span) return;
    // All opening, or several callers in one tick.
    if (holding?.returned) this.#nameHolder(this.#saturation?.longestAfter(start) ?? holding.holder(at));
    this.#reason = this.#reasonAt(at);
    // None had started.
    if (!holding)
      this.#holder ??= this.#saturation?.longestAfter(start) ?? this.#acquisition.pool.lastReturned?.holder(at);
    this.#end(span, at);
  }

  /** Before it is granted. */
  opened(opening: ConnectionOpening | undefined): void {
    if (opening) this.#span?.setAttributes(opening.took(this.#acquisition.start));
  }

  /** Undefined if existing. */
  connectMs(at: number): number | undefined {
    return this.#connectStart === undefined ? undefined : at - this.#connectStart;
  }

  describe(holding: Holding): void {
    const span = this.#span;
    if (!span) return;
    const { context: where } = this.#acquisition;
    holding.waited(this.#waitMs, this.#reason);
    if (!trace.getSpan(where)) holding.parent = trace.setSpan(where, span);
  }

  /** @param type `timeout`: the pool's own; undefined: the error's */
  failed(at: number, error: unknown, type: string | undefined): void {
    const { start } = this.#acquisition;
    const span = this.#span ?? this.#startSpan(Date.now() - (at - start));
    if (!span) return;
    this.#reason = this.#reasonAt(at);
    if (type === 'timeout' && this.#reason === 'queue') this.#nameLongest(at);
    span.setAttribute('error.type', type ?? errorTypeOf(error));
    span.setStatus({ code: SpanStatusCode.ERROR, message: privateMessageOf(error) });
    this.#end(span, at);
  }

  /** A later holder of at least half the wait, without one at the request. That one, if it still holds. */
  #nameLongest(at: number): void {
    const { pool, start } = this.#acquisition;
    const { oldest } = pool.holdings;
    if (this.#holderKnown) return oldest && this.#nameHolder(oldest.holder(at));
    const ended = this.#saturation?.longestAfter(start);
    const current = pool.holdings.oldest?.holder(at);
    const longest = ended && current ? (ended.heldMs > current.heldMs ? ended : current) : (ended ?? current);
    if (longest && longest.heldMs * 2 >= at - start) this.#nameHolder(longest);
  }

  #end(span: Span, at: number): void {
    const { pool } = this.#acquisition;
    if (this.#holder && this.#reason === 'queue') this.#nameHolder(this.#holder);
    pool.source.count(this.#poolObject, now);
    if (pool.label !== this.#label) nameSpan(span, `pool.acquire ${pool.label}`, pool);
    span.setAttribute(POOL_WAIT_MS, this.#waitMs);
    span.setAttribute(POOL_WAIT_REASON, this.#reason);
    span.setAttribute(POOL_GRANTED_USED, now.used);
    if (Number.isFinite(now.idle)) span.setAttribute(POOL_GRANTED_IDLE, now.idle);
    span.setAttribute(POOL_GRANTED_PENDING, now.pending);
    if (this.#endsSaturation) this.#saturation?.tell(span, at);
    span.end();
  }

  #reasonAt(at: number): WaitReason {
    if (this.#acquisition.pool.source.ofTasks) return this.#taskReasonAt(at);
    if (this.#connectStart === undefined) return 'queue';
    const queued = this.#connectStart - this.#acquisition.start;
    return !this.#saturation || at - this.#connectStart >= queued ? 'connect' : 'queue';
  }

  #taskReasonAt(at: number): WaitReason {
    const { pool, start } = this.#acquisition;
    const paused = pool.pauses !== this.#pauses;
    if (this.#hindrance) return paused ? 'paused' : this.#hindrance;
    const fullMs = pool.fullMs(at);
    if (fullMs === undefined || this.#fullMs === undefined) return 'queue';
    if ((fullMs - this.#fullMs) * 2 >= at - start) return 'queue';
    return paused ? 'paused' : pool.source.limitsRate?.(this.#poolObject) ? 'rate' : 'queue';
  }
}
