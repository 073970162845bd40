import type { AppRequest } from '../window/requests.ts';
import { isAgain } from '../changes/call-counts.ts';
import type { Known } from './context.ts';

/** Takes more time than usual; a changed signal. */
export interface SlowedPart {
  at: number;
  /** Beyond the usual. */
  ms: number;
  /** More calls may slow each other. */
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
  // More calls slow each other at most in proportion.
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
/** Least excess, as a share of the request's rest. */
const LEAST_SHARE = 0.5;

/** A route may be rare or varied; its parts have more calls. */
export function isSlowByParts(known: Known, request: AppRequest): boolean {
  const { signals } = known.whole;
  let excess = 0;
  // New parts have no usual.
  for (const { at, ms } of slowedParts(known, request)) if (!known.changes[signals.signal[at]!]!.isNew) excess += ms;
  return excess > LEAST_MS + LEAST_SHARE * Math.max(0, request.ms - excess);
}
