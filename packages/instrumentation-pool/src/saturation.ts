import type { Span } from '@opentelemetry/api';
import { roundMs } from '@foreshock/kit';
import {
  POOL_SATURATED,
  POOL_SATURATED_HOLDERS,
  POOL_SATURATED_LONGEST_WAIT_MS,
  POOL_SATURATED_MS,
  POOL_SATURATED_PEAK_PENDING,
  POOL_SATURATED_WAITERS,
} from '@foreshock/kit/names';
import type { Holder } from './holder.ts';

/** Shorter ones barely matter. */
const MIN_MS = 20;
const TOP_HOLDERS = 3;

/** A pool was full and callers waited: an event on the wait that was over last. */
export class Saturation {
  readonly #holdings: Iterable<{ holder(now: number): Holder }>;
  /** By the first waiting caller: no wait is longer. */
  readonly start: number;
  #waiting = 0;
  #waiters = 0;
  #peakPending = 0;
  #longestWaitMs = 0;
  /** Longest first. */
  readonly #holders: Holder[] = [];

  /** @param holdings of the pool */
  constructor(holdings: Iterable<{ holder(now: number): Holder }>, start: number) {
    this.#holdings = holdings;
    this.start = start;
  }

  /** @param pending callers ahead */
  joined(pending: number): void {
    this.#waiting++;
    this.#waiters++;
    this.#peakPending = Math.max(this.#peakPending, pending + 1);
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

  /** @param span of the wait that was over last */
  tell(span: Span, at: number): void {
    const ms = at - this.start;
    if (ms < MIN_MS || this.#waiters === 0) return;
    for (const holding of this.#holdings) this.released(holding.holder(at));
    span.addEvent(POOL_SATURATED, {
      [POOL_SATURATED_MS]: roundMs(ms),
      [POOL_SATURATED_WAITERS]: this.#waiters,
      [POOL_SATURATED_PEAK_PENDING]: this.#peakPending,
      [POOL_SATURATED_LONGEST_WAIT_MS]: roundMs(this.#longestWaitMs),
      [POOL_SATURATED_HOLDERS]: this.#holders.map(describe),
    });
  }
}

/** `SELECT orders 2913 ms 4bf92f3577b34da6a3ce929d0e0e4736` */
function describe({ operation, heldMs, spanContext }: Holder): string {
  return [operation ?? 'unknown', `${Math.round(heldMs)} ms`, spanContext?.traceId].filter(Boolean).join(' ');
}
