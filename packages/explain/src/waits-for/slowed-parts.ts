import type { AppRequest } from '../window/requests.ts';
import type { Known } from './context.ts';

/** Parts of a request that took longer than they usually do, of those that changed at all. */
export interface SlowedPart {
  /** The sample. */
  at: number;
  /** Beyond the usual. */
  ms: number;
}

export function slowedParts({ whole, changes, samplesOf }: Known, request: AppRequest): SlowedPart[] {
  const { signals } = whole;
  const parts: SlowedPart[] = [];
  for (const at of samplesOf(request.row)) {
    const { excessMs, meanBeforeMs } = changes[signals.signal[at]!]!;
    const ms = signals.ms[at]! - meanBeforeMs;
    if (excessMs > 0 && ms > 0) parts.push({ at, ms });
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
