import { BlockReports, type BlockReportOptions } from './block-reports.ts';
import { EventLoopLag } from './limits/event-loop-lag.ts';
import type { LimitReports } from './limits/limit-reports.ts';
import { DUE_AT, LATE_MS, LOOK_EVERY_MS, LOOKED_AT, STOPPED_MS, whenWatching, type LoopWords } from './loop-words.ts';
import type { OwnSpan } from './own-span.ts';

export interface LoopWatchData extends BlockReportOptions {
  readonly words: LoopWords;
  /** Zero of the main thread's `performance.now()`, in nanoseconds of `process.hrtime.bigint()`. */
  readonly startedAt: bigint;
  /** Shortest reported block, ms. */
  readonly blockMs: number;
  /** A ResourceSpans message without spans. */
  readonly resource: Uint8Array;
}

/** A hanging process may be killed before the block ends. */
export function watchLoop(data: LoopWatchData, limits: LimitReports, deliver: (span: OwnSpan) => void): void {
  const { words, startedAt, blockMs } = data;
  const reports = new BlockReports(data, deliver);
  const lag = new EventLoopLag(limits);
  let dueAt = Infinity;
  let stoppedBefore = 0;
  let state: 'turns' | 'blocked' | 'reported' = 'turns';
  const look = (): void => {
    const now = Number(process.hrtime.bigint() - startedAt) / 1e6;
    if (words[DUE_AT] !== dueAt) {
      dueAt = words[DUE_AT]!;
      stoppedBefore = words[STOPPED_MS]!;
      lag.turned();
      if (state === 'blocked') reports.missed();
      state = 'turns';
    }
    const sinceLast = now - words[LOOKED_AT]!;
    if (sinceLast > LATE_MS && sinceLast < Infinity) words[STOPPED_MS]! += sinceLast;
    words[LOOKED_AT] = now;
    const blockedMs = now - dueAt - (words[STOPPED_MS]! - stoppedBefore);
    lag.look(now, blockedMs);
    if (state === 'reported' || blockedMs < blockMs) return;
    state = reports.add(blockedMs, () => words[DUE_AT] === dueAt) ? 'reported' : 'blocked';
  };
  const lookAgain = (): void => {
    look();
    if (dueAt < Infinity) return void setTimeout(lookAgain, LOOK_EVERY_MS);
    // The time until the next look is no stop of this thread.
    words[LOOKED_AT] = -Infinity;
    whenWatching(words, () => {
      look();
      setTimeout(lookAgain, LOOK_EVERY_MS);
    });
  };
  lookAgain();
}
