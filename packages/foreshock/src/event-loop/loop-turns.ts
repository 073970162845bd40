import { detached, detachedInterval } from '@foreshock/kit';
import { DUE_AT, LATE_MS, LOOKED_AT, STOPPED_MS, wakeWatch, type LoopWords } from '@foreshock/export';
import { steadyNow } from '../tracer/clock.ts';
import { Pauses } from './pauses.ts';

/** As in W3C Long Tasks; less would mark every span of a busy process. */
const LEAST_BLOCK_MS = 50;
/** With open spans; a measured block's error. */
const TURN_MS = 20;
/** Without open spans. */
const IDLE_TURN_MS = 100;
/** Without open spans, until idle. */
const IDLE_AFTER = 3;
/** Idle turns until the timer stops; the next span starts it. */
const STOP_AFTER = 20;

/** A late timer shows a blocked event loop, or a stopped process: then the sender's thread is late, too. */
export class LoopTurns {
  readonly blocks: Pauses = new Pauses();
  /** Before the data read now; 0: none. */
  blockedBeforeMs = 0;
  readonly #words: LoopWords;
  readonly #isIdle: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #everyMs = 0;
  #dueAt = Infinity;
  #stoppedBefore = 0;
  #idleTurns = 0;

  /** @param words shared with the sender's thread */
  constructor(isIdle: () => boolean, words: LoopWords) {
    this.#isIdle = isIdle;
    this.#words = words;
  }

  /** From the first span or server. */
  watch(): void {
    if (this.#everyMs !== TURN_MS) this.#turnEvery(TURN_MS);
  }

  isBlockedAt(now: number): boolean {
    return now - this.#dueAt >= LEAST_BLOCK_MS;
  }

  /** Blocked time between `start` and `end`, ms. */
  blockedWithin(start: number, end: number): number {
    const current = this.#blockedMs(end);
    return Math.min(current, end - start) + this.blocks.within(start, end);
  }

  /** Before the data read at `now`, ms. */
  blockedUntil(now: number): number {
    return this.#blockedMs(now) || this.blockedBeforeMs;
  }

  /** Also at process end, where waiting for the sender is no block. */
  stop(): void {
    clearInterval(this.#timer);
    this.#everyMs = 0;
    this.#due(Infinity);
  }

  #turnEvery(ms: number): void {
    const isStart = this.#everyMs === 0;
    this.#everyMs = ms;
    this.#idleTurns = 0;
    clearInterval(this.#timer);
    this.#timer = detachedInterval('a turn of the event loop', () => this.#turned(), ms);
    this.#due(Math.min(this.#dueAt, steadyNow() + ms));
    if (!isStart) return;
    this.#stoppedBefore = this.#words[STOPPED_MS]!;
    wakeWatch(this.#words);
  }

  #turned(): void {
    const now = steadyNow();
    const blockedMs = this.#blockedMs(now);
    if (blockedMs > 0) this.#blocked(now, blockedMs);
    this.#stoppedBefore = this.#words[STOPPED_MS]!;
    this.#due(now + this.#everyMs);
    this.#idleTurns = this.#isIdle() ? this.#idleTurns + 1 : 0;
    if (this.#everyMs === TURN_MS) {
      if (this.#idleTurns >= IDLE_AFTER) this.#turnEvery(IDLE_TURN_MS);
    } else if (this.#idleTurns >= STOP_AFTER) {
      this.stop();
    }
  }

  #blocked(now: number, ms: number): void {
    this.blocks.add(now - ms, now);
    this.blockedBeforeMs = ms;
    // For data of the block's time: one turn accepts a connection, the next reads.
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

  /** The current one's; 0: none, short, or unknown. */
  #blockedMs(now: number): number {
    if (!this.isBlockedAt(now)) return 0;
    const sinceLook = now - this.#words[LOOKED_AT]!;
    const stoppedMs = this.#words[STOPPED_MS]! - this.#stoppedBefore + (sinceLook > LATE_MS ? sinceLook : 0);
    const ms = now - this.#dueAt - stoppedMs;
    return ms >= LEAST_BLOCK_MS ? ms : 0;
  }
}
