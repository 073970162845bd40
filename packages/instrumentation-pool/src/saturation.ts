import { ROOT_CONTEXT, SpanKind, type Span, type Tracer } from '@opentelemetry/api';
import { roundMs } from '@foreshock/kit';
import {
  FORESHOCK_BACKGROUND,
  POOL_LIMIT,
  POOL_SATURATED_HOLDERS,
  POOL_SATURATED_LONGEST_WAIT_MS,
  POOL_SATURATED_PEAK_PENDING,
  POOL_SATURATED_WAITERS,
} from '@foreshock/kit/names';
import type { PoolSource } from './events.ts';
import type { Holder } from './holder.ts';
import { nameSpan, type NamedPool } from './named-pool.ts';

/** Shorter ones barely matter. */
const MIN_MS = 20;
const TOP_HOLDERS = 3;

interface FullPool extends NamedPool {
  readonly source: PoolSource;
  readonly holdings: Iterable<{ holder(now: number): Holder }>;
}

/** A pool was full and callers waited. A root span: it belongs to no request. */
export class Saturation {
  readonly #tracer: Tracer;
  readonly #pool: FullPool;
  /** By the first waiting caller: no wait is longer. */
  readonly start: number;
  readonly #startTime: number;
  #span: Span | undefined;
  /** When the span was named. */
  #label: string | undefined;
  #waiting = 0;
  #waiters = 0;
  #peakPending = 0;
  #longestWaitMs = 0;
  /** Longest first. */
  readonly #holders: Holder[] = [];

  constructor(tracer: Tracer, pool: FullPool, start: number) {
    this.#tracer = tracer;
    this.#pool = pool;
    this.start = start;
    this.#startTime = Date.now() - (performance.now() - start);
  }

  /** @param pending callers ahead */
  joined(pending: number): void {
    this.#waiting++;
    this.#waiters++;
    this.#peakPending = Math.max(this.#peakPending, pending + 1);
    // Early: the process may die.
    if (!this.#span && !this.#pool.source.ofTasks && performance.now() - this.start >= MIN_MS) this.#open();
  }

  /**
   * @param forSlot it mostly waited for a slot
   * @returns whether it was the last; the pool may still count it
   */
  left(waitMs: number, forSlot: boolean): boolean {
    if (forSlot) this.#longestWaitMs = Math.max(this.#longestWaitMs, waitMs);
    else this.#waiters--;
    return --this.#waiting === 0;
  }

  released(holder: Holder): void {
    const holders = this.#holders;
    if (holders.length === TOP_HOLDERS && holder.heldMs <= holders[TOP_HOLDERS - 1]!.heldMs) return;
    if (holders.length === TOP_HOLDERS) holders.pop();
    let at = holders.length;
    while (at > 0 && holders[at - 1]!.heldMs < holder.heldMs) at--;
    holders.splice(at, 0, holder);
  }

  longestAfter(at: number): Holder | undefined {
    return this.#holders.find(({ until }) => until > at);
  }

  end(): void {
    const now = performance.now();
    if (now - this.start < MIN_MS || this.#waiters === 0) return;
    const span = this.#span ?? this.#open();
    if (this.#pool.label !== this.#label) nameSpan(span, `pool.saturated ${this.#pool.label}`, this.#pool);
    for (const holding of this.#pool.holdings) this.released(holding.holder(now));
    span.setAttributes({
      [POOL_SATURATED_WAITERS]: this.#waiters,
      [POOL_SATURATED_PEAK_PENDING]: this.#peakPending,
      [POOL_SATURATED_LONGEST_WAIT_MS]: roundMs(this.#longestWaitMs),
      [POOL_SATURATED_HOLDERS]: this.#holders.map(describe),
    });
    for (const { spanContext } of this.#holders) if (spanContext) span.addLink({ context: spanContext });
    span.end();
  }

  #open(): Span {
    const { name, nameKey, label, description } = this.#pool;
    this.#label = label;
    this.#span = this.#tracer.startSpan(
      `pool.saturated ${label}`,
      {
        kind: SpanKind.INTERNAL,
        startTime: this.#startTime,
        attributes: {
          [FORESHOCK_BACKGROUND]: true,
          [nameKey]: name,
          ...(description.system !== undefined && { 'db.system.name': description.system }),
          ...(description.limit !== undefined && { [POOL_LIMIT]: description.limit }),
        },
      },
      ROOT_CONTEXT,
    );
    return this.#span;
  }
}

/** `SELECT orders 2913 ms 4bf92f3577b34da6a3ce929d0e0e4736` */
function describe({ operation, heldMs, spanContext }: Holder): string {
  return [operation ?? 'unknown', `${Math.round(heldMs)} ms`, spanContext?.traceId].filter(Boolean).join(' ');
}
