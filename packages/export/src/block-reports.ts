import { EVENT_LOOP_BLOCKED, EVENT_LOOP_BLOCKED_MS } from '@foreshock/kit/names';
import { mainStack, type MainStack } from './main-stack.ts';
import type { OwnSpan } from './own-span.ts';
import { writeWarning } from './thread-log.ts';

export interface BlockReportOptions {
  /** By the inspector. */
  readonly mayInterrupt: boolean;
  /** To standard error. */
  readonly mayLog: boolean;
  /** Whether a span may begin a trace. */
  readonly mayBeginTrace: boolean;
}

/** Blocks between are counted. */
const QUIET_MS = 10_000;
/** In the log line; the span has all. */
const FRAMES = 8;

/** A line on standard error, and a span in the blocking code's trace. */
export class BlockReports {
  readonly #options: BlockReportOptions;
  readonly #deliver: (span: OwnSpan) => void;
  #lastAt = -Infinity;
  #unreported = 0;

  constructor(options: BlockReportOptions, deliver: (span: OwnSpan) => void) {
    this.#options = options;
    this.#deliver = deliver;
  }

  /** @returns false when too soon after the last report */
  add(blockedMs: number, isOn: () => boolean): boolean {
    const at = performance.now();
    if (at - this.#lastAt < QUIET_MS) return false;
    this.#lastAt = at;
    void this.#report(at - blockedMs, isOn);
    return true;
  }

  /** Counts a block ended before its report. */
  missed(): void {
    this.#unreported++;
  }

  async #report(since: number, isOn: () => boolean): Promise<void> {
    const found = this.#options.mayInterrupt ? await mainStack() : undefined;
    if (found?.isInspected) return;
    // A later stack did not block.
    const where = found && isOn() ? found : undefined;
    const now = performance.now();
    const blockedMs = Math.round(now - since);
    this.#log(blockedMs, where);
    const parent = where?.isSampled ? { traceId: where.traceId!, spanId: where.spanId! } : undefined;
    if (!parent && !this.#options.mayBeginTrace) return;
    this.#deliver({
      name: EVENT_LOOP_BLOCKED,
      startMs: Date.now() - blockedMs,
      endMs: Date.now(),
      parent,
      attributes: { [EVENT_LOOP_BLOCKED_MS]: blockedMs, ...(where && { 'code.stacktrace': where.stack }) },
    });
  }

  #log(blockedMs: number, where: MainStack | undefined): void {
    if (!this.#options.mayLog) return;
    const frames = where?.stack.split('\n').slice(0, FRAMES).join(' < ');
    writeWarning(EVENT_LOOP_BLOCKED, {
      blocked_ms: blockedMs,
      trace_id: where?.traceId,
      unreported: this.#unreported || undefined,
      stack: frames ?? (this.#options.mayInterrupt ? 'in native code' : 'the inspector may not be used'),
    });
    this.#unreported = 0;
  }
}
