import type { AppRequest } from '../window/requests.ts';
import { isAgain } from '../changes/call-counts.ts';
import type { Known } from './context.ts';

/** A part with more time than usual, among changed signals. */
export interface SlowedPart {
  at: number;
  /** Milliseconds beyond the usual. */
  ms: number;
  /** More calls, which may slow each other down. */
  isMore: boolean;
}

export function slowedParts(known: Known, request: AppRequest): SlowedPart[] {
  const { signals } = known.whole;
  const parts: SlowedPart[] = [];
  const counts = new Map<number, { count: number; ms: number; at: number }>();
  for (const at of known.samplesOf(request.row)) {
    const id = signals.signal[at]!;
    const { excessMs, meanBeforeMs } = known.changes[id]!;
    const ms = signals.ms[at]! - meanBeforeMs;
    if (excessMs > 0 && ms > 0) parts.push({ at, ms, isMore: false });
    if (isAgain(known.whole, at) || known.calls.usualOfMore(request.route, id) === undefined) continue;
    const sum = counts.get(id) ?? { count: 0, ms: 0, at };
    counts.set(id, { count: sum.count + 1, ms: sum.ms + Math.min(signals.ms[at]!, meanBeforeMs), at: sum.at });
  }
  // So many times as many calls make each other at most as many times as slow.
  for (const part of parts) {
    const id = signals.signal[part.at]!;
    const { isNew, meanMs, meanBeforeMs } = known.changes[id]!;
    const usual = known.calls.usualOfMore(request.route, id);
    if (isNew || usual === undefined || !counts.has(id)) continue;
    part.isMore = meanMs * Math.max(usual, 1) <= counts.get(id)!.count * meanBeforeMs;
  }
  for (const [id, { count, ms, at }] of counts) {
    const extra = 1 - known.calls.usualOfMore(request.route, id)! / count;
    if (extra > 0 && ms > 0) parts.push({ at, ms: ms * extra, isMore: true });
  }
  return parts;
}

/** Smaller excesses are not noticeable. */
const LEAST_MS = 20;
/** The excess must be this share of the rest of the request. */
const LEAST_SHARE = 0.5;

/** More calls describe its parts than its route, which may be rare or varied. */
export function isSlowByParts(known: Known, request: AppRequest): boolean {
  const { signals } = known.whole;
  let excess = 0;
  // New parts have no usual time.
  for (const { at, ms } of slowedParts(known, request)) if (!known.changes[signals.signal[at]!]!.isNew) excess += ms;
  return excess > LEAST_MS + LEAST_SHARE * Math.max(0, request.ms - excess);
}
