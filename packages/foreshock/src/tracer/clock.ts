import type { HrTime, TimeInput } from '@opentelemetry/api';

/** The two clocks may differ by this much before the anchor is set anew; `Date.now()` itself is a millisecond wide. */
const MAX_DRIFT_MS = 2;

/** How often the two are compared; a system clock that is set shows at the latest after this. */
const COMPARE_EVERY_MS = 50;

let anchor = Date.now() - performance.now();
let compareAt = 0;

/**
 * Now, in milliseconds since the epoch with a fraction: the steps of the monotonic clock, so that the order of
 * spans shows below a millisecond, on the position of the system's, which may be set or sleep.
 */
export function now(): number {
  const steady = performance.now();
  if (steady >= compareAt) {
    compareAt = steady + COMPARE_EVERY_MS;
    const drift = Date.now() - (anchor + steady);
    if (drift > MAX_DRIFT_MS || drift < -MAX_DRIFT_MS) anchor += drift;
  }
  return anchor + steady;
}

export function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

/** A time as the API takes it; a number below the epoch's first days is one of `performance.now()`. */
export function millisecondsOf(input: TimeInput): number {
  if (typeof input === 'number') return input <= performance.now() ? anchor + input : input;
  if (Array.isArray(input)) return input[0] * 1000 + input[1] / 1e6;
  return input.getTime();
}
