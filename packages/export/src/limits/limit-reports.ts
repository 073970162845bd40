import { LIMIT_MAX, LIMIT_NAME, LIMIT_NEAR, LIMIT_USED } from '@foreshock/kit/names';
import type { OwnSpan } from '../own-span.ts';
import { writeWarning } from '../thread-log.ts';

export type LimitName = 'heap' | 'cgroup' | 'file_descriptors' | 'spool_disk' | 'event_loop';

/** Near limits stay near. */
const EVERY_MS = 3_600_000;

export interface LimitReportsData {
  /** To standard error. */
  readonly mayLog: boolean;
  /** Whether a span may begin a trace. */
  readonly mayBeginTrace: boolean;
}

/** A line on standard error and a span, once an hour per limit. */
export class LimitReports {
  readonly #data: LimitReportsData;
  readonly #deliver: (span: OwnSpan) => void;
  readonly #reportedAt = new Map<LimitName, number>();

  constructor(data: LimitReportsData, deliver: (span: OwnSpan) => void) {
    this.#data = data;
    this.#deliver = deliver;
  }

  /** @param max the limit; the event loop's longest harmless lag, ms */
  near(name: LimitName, used: number, max: number): void {
    const now = performance.now();
    if (now - (this.#reportedAt.get(name) ?? -Infinity) < EVERY_MS) return;
    this.#reportedAt.set(name, now);
    const found = { [LIMIT_NAME]: name, [LIMIT_USED]: Math.round(used), [LIMIT_MAX]: Math.round(max) };
    if (this.#data.mayLog) writeWarning(LIMIT_NEAR, { limit: name, used: Math.round(used), max: Math.round(max) });
    if (!this.#data.mayBeginTrace) return;
    const at = Date.now();
    this.#deliver({ name: LIMIT_NEAR, startMs: at, endMs: at, attributes: found });
  }
}
