import type { Span } from '@opentelemetry/api';
import { roundMs } from '@foreshock/kit';
import {
  POOL_HELD_ACROSS_IO,
  POOL_HELD_ACROSS_IO_CALLS,
  POOL_HELD_ACROSS_IO_MS,
  POOL_HELD_ACROSS_IO_OPERATION,
  POOL_HOLDER_HELD_MS,
  POOL_NAME,
} from '@foreshock/kit/names';

/** Shorter ones make no pool full. */
const MIN_MS = 5;
/** Of the time between two uses: the rest is the application's own. */
const COVERED = 0.75;
/** … of it after the last call's end, at most: who has waited for that goes on at once. */
const LATE = 0.1;
const MAX_OPEN = 16;

/**
 * A holder's calls to elsewhere. Those that ended just before its next use of the connection, and fill the time since the
 * last one, are what it waited for; others may be of code beside it, or forgotten.
 */
export class AcrossIo {
  /** Waited for, in all. */
  #ms = 0;
  #calls = 0;
  /** Of the longest. */
  #name: string | undefined;
  #longestMs = 0;
  /** Since the last use: started at. */
  readonly #open = new Map<Span, number>();
  #ended = 0;
  #coveredMs = 0;
  #coveredUntil = 0;
  #endedName: string | undefined;
  #endedLongestMs = 0;

  started(call: Span, now: number): void {
    if (this.#open.size < MAX_OPEN) this.#open.set(call, now);
  }

  /** @param at default now, if it is one of them: mostly another holder's */
  ended(call: Span, at?: number): void {
    const start = this.#open.size === 0 ? undefined : this.#open.get(call);
    if (start === undefined) return;
    const now = at ?? performance.now();
    this.#open.delete(call);
    this.#ended++;
    this.#coveredMs += Math.max(0, now - Math.max(start, this.#coveredUntil));
    this.#coveredUntil = now;
    if (now - start <= this.#endedLongestMs) return;
    this.#endedLongestMs = now - start;
    const { name } = call as { name?: unknown };
    this.#endedName = typeof name === 'string' ? name : undefined;
  }

  /**
   * The connection is used, or released.
   *
   * @param since its last use's end, or the grant
   */
  used(now: number, since: number): void {
    const idleMs = now - since;
    const isAtOnce = now - this.#coveredUntil <= Math.max(MIN_MS, idleMs * LATE);
    if (idleMs >= MIN_MS && isAtOnce && this.#coveredMs >= idleMs * COVERED) {
      this.#ms += this.#coveredMs;
      this.#calls += this.#ended;
      if (this.#endedLongestMs > this.#longestMs) {
        this.#longestMs = this.#endedLongestMs;
        this.#name = this.#endedName;
      }
    }
    this.#open.clear();
    this.#ended = this.#coveredMs = this.#endedLongestMs = 0;
    this.#endedName = undefined;
  }

  /** @returns the longest call, if the holder waited for calls at least half of the time */
  mostOf(heldMs: number): string | undefined {
    return this.#ms * 2 >= heldMs ? this.#name : undefined;
  }

  /** @param holder the span that took the connection */
  mark(holder: Span, poolName: string, heldMs: number): void {
    if (this.#calls === 0) return;
    holder.addEvent(POOL_HELD_ACROSS_IO, {
      [POOL_NAME]: poolName,
      [POOL_HOLDER_HELD_MS]: roundMs(heldMs),
      [POOL_HELD_ACROSS_IO_MS]: roundMs(this.#ms),
      [POOL_HELD_ACROSS_IO_CALLS]: this.#calls,
      ...(this.#name !== undefined && { [POOL_HELD_ACROSS_IO_OPERATION]: this.#name }),
    });
  }
}
