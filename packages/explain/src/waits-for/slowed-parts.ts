import type { AppRequest } from '../window/requests.ts';
import { isAgain } from '../changes/call-counts.ts';
import type { Known } from './context.ts';

/** Parts of a request that took longer than they usually do, of those that changed at all. */
export interface SlowedPart {
  /** The sample. */
  at: number;
  /** Beyond the usual. */
  ms: number;
  /** The calls are as fast as ever, but there are more of them. */
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
  for (const [id, { count, ms, at }] of counts) {
    const extra = 1 - known.calls.usualOfMore(request.route, id)! / count;
    if (extra > 0 && ms > 0) parts.push({ at, ms: ms * extra, isMore: true });
  }
  return parts;
}

/** Less than this is nothing that anybody notices. */
const LEAST_MS = 20;
/** Of what the rest of the request took. */
const LEAST_SHARE = 0.5;

/**
 * Whether a request is slow for its parts: they are known by many more calls than its route, which may be a rare one or
 * have a wide range of times.
 */
export function isSlowByParts(known: Known, request: AppRequest): boolean {
  const { signals } = known.whole;
  let excess = 0;
  // What is new has no usual time.
  for (const { at, ms } of slowedParts(known, request)) if (!known.changes[signals.signal[at]!]!.isNew) excess += ms;
  return excess > LEAST_MS + LEAST_SHARE * Math.max(0, request.ms - excess);
}
