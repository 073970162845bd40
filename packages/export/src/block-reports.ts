import { EVENT_LOOP_BLOCKED, EVENT_LOOP_BLOCKED_MS } from '@foreshock/kit/names';
import type { LoopWatchData } from './loop-watch.ts';
import { mainStack, type MainStack } from './main-stack.ts';
import type { SingleSpan } from './single-span.ts';
import { writeWarning } from './thread-log.ts';

/** The least time between two reports; what comes between is counted. */
const QUIET_MS = 10_000;
/** Frames in the line; the span has all. */
const FRAMES = 8;

/** Reports of blocks that go on: a line on standard error, and a span in the trace of the code that blocks. */
export class BlockReports {
  readonly #data: LoopWatchData;
  readonly #deliver: (span: SingleSpan) => void;
  #lastAt = -Infinity;
  #unreported = 0;

  constructor(data: LoopWatchData, deliver: (span: SingleSpan) => void) {
    this.#data = data;
    this.#deliver = deliver;
  }

  /**
   * @param isOn whether the block goes on
   * @returns false when it is too soon after the last one
   */
  add(blockedMs: number, isOn: () => boolean): boolean {
    const at = performance.now();
    if (at - this.#lastAt < QUIET_MS) return false;
    this.#lastAt = at;
    void this.#report(at - blockedMs, isOn);
    return true;
  }

  /** A block has ended before it could be reported. */
  missed(): void {
    this.#unreported++;
  }

  async #report(since: number, isOn: () => boolean): Promise<void> {
    const found = this.#data.mayInterrupt ? await mainStack() : undefined;
    if (found?.isInspected) return;
    // What the main thread stood at after the block is not what blocked it.
    const where = found && isOn() ? found : undefined;
    const now = performance.now();
    const blockedMs = Math.round(now - since);
    this.#log(blockedMs, where);
    const parent = where?.isSampled ? { traceId: where.traceId!, spanId: where.spanId! } : undefined;
    if (!parent && !this.#data.mayBeginTrace) return;
    this.#deliver({
      name: EVENT_LOOP_BLOCKED,
      startMs: Date.now() - blockedMs,
      endMs: Date.now(),
      parent,
      attributes: { [EVENT_LOOP_BLOCKED_MS]: blockedMs, ...(where && { 'code.stacktrace': where.stack }) },
    });
  }

  #log(blockedMs: number, where: MainStack | undefined): void {
    if (!this.#data.mayLog) return;
    const frames = where?.stack.split('\n').slice(0, FRAMES).join(' < ');
    writeWarning(EVENT_LOOP_BLOCKED, {
      blocked_ms: blockedMs,
      trace_id: where?.traceId,
      unreported: this.#unreported || undefined,
      stack: frames ?? (this.#data.mayInterrupt ? 'in native code' : 'the inspector may not be used'),
    });
    this.#unreported = 0;
  }
}
