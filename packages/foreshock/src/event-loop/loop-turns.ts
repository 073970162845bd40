import { detached, detachedInterval } from '@foreshock/kit';
import { DUE_AT, LATE_MS, LOOKED_AT, STOPPED_MS, type LoopWords } from '@foreshock/export';
import { steadyNow } from '../tracer/clock.ts';
import { Pauses } from './pauses.ts';

/**
 * A block that is shorter is not known of: the W3C's Long Tasks begin here, and below it a busy process, whose turns
 * take a few milliseconds each, would have one on each span.
 */
const LEAST_BLOCK_MS = 50;
/** How often the loop is to turn while spans are open: a block is measured short by this at most. */
const TURN_MS = 20;
/** With no span open. */
const IDLE_TURN_MS = 100;
/** So many turns without an open span, and it is idle. */
const IDLE_AFTER = 10;

/**
 * Knows when the event loop did not turn, by a timer that was late. A stopped process, or one that gets no processor,
 * looks the same: then the sender's thread, which looks at this one at fixed intervals, did not run either, and nothing
 * is said, nor while there is no such thread.
 */
export class LoopTurns {
  readonly blocks: Pauses = new Pauses();
  /** How long it was blocked before what is read now; 0: not at all. */
  blockedBeforeMs = 0;
  readonly #words: LoopWords;
  readonly #isIdle: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #everyMs = 0;
  #dueAt = Infinity;
  #stoppedBefore = 0;
  #idleTurns = 0;

  /**
   * @param isIdle whether no span is open
   * @param words shared with the sender's thread
   */
  constructor(isIdle: () => boolean, words: LoopWords) {
    this.#isIdle = isIdle;
    this.#words = words;
  }

  /** A span starts, or a server listens: the loop is looked at from now on. */
  watch(): void {
    if (this.#everyMs !== TURN_MS) this.#turnEvery(TURN_MS);
  }

  /** The loop has been blocked for long enough at `now`, and still is. */
  isBlockedAt(now: number): boolean {
    return now - this.#dueAt >= LEAST_BLOCK_MS;
  }

  /** How much of the time from `start` to `end` it was blocked, ms. */
  blockedWithin(start: number, end: number): number {
    const current = this.#blockedMs(end);
    return Math.min(current, end - start) + this.blocks.within(start, end);
  }

  /** How long it was blocked until what is read at `now` was read, ms. */
  blockedUntil(now: number): number {
    return this.#blockedMs(now) || this.blockedBeforeMs;
  }

  /** This thread waits for us, at the end of the process. */
  stop(): void {
    clearInterval(this.#timer);
    this.#everyMs = 0;
    this.#due(Infinity);
  }

  #turnEvery(ms: number): void {
    this.#everyMs = ms;
    this.#idleTurns = 0;
    clearInterval(this.#timer);
    this.#timer = detachedInterval('a turn of the event loop', () => this.#turned(), ms);
    this.#due(Math.min(this.#dueAt, steadyNow() + ms));
  }

  #turned(): void {
    const now = steadyNow();
    const blockedMs = this.#blockedMs(now);
    if (blockedMs > 0) this.#blocked(now, blockedMs);
    this.#stoppedBefore = this.#words[STOPPED_MS]!;
    this.#due(now + this.#everyMs);
    if (this.#everyMs !== TURN_MS) return;
    this.#idleTurns = this.#isIdle() ? this.#idleTurns + 1 : 0;
    if (this.#idleTurns >= IDLE_AFTER) this.#turnEvery(IDLE_TURN_MS);
  }

  #blocked(now: number, ms: number): void {
    this.blocks.add(now - ms, now);
    this.blockedBeforeMs = ms;
    // What came meanwhile is read until then: one turn accepts a connection, the next reads from it. Neither waits for
    // more to come, as there is an immediate.
    const later = (fn: () => void): void => void detached(setImmediate, undefined, [fn]);
    later(() =>
      later(() => {
        this.blockedBeforeMs = 0;
      }),
    );
  }

  #due(at: number): void {
    this.#dueAt = at;
    this.#words[DUE_AT] = at;
  }

  /** How long it has been blocked at `now`; 0: not, or too short, or not known. */
  #blockedMs(now: number): number {
    if (!this.isBlockedAt(now)) return 0;
    const sinceLook = now - this.#words[LOOKED_AT]!;
    const stoppedMs = this.#words[STOPPED_MS]! - this.#stoppedBefore + (sinceLook > LATE_MS ? sinceLook : 0);
    const ms = now - this.#dueAt - stoppedMs;
    return ms >= LEAST_BLOCK_MS ? ms : 0;
  }
}
