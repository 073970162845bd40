import { performance } from 'node:perf_hooks';
import type { HrTime } from '@opentelemetry/api';

// Kept from the start: jsdom, fake timers and the like replace both while the application runs.
const wallNow = Date.now;
export const steadyNow: () => number = performance.now.bind(performance);

/** The two clocks may differ by this much before the anchor is set anew; `Date.now()` itself is a millisecond wide. */
const MAX_DRIFT_MS = 2;

/** How often the two are compared; a system clock that is set shows at the latest after this. */
const COMPARE_EVERY_MS = 50;

/** A span below one that began this long ago has an anchor of its own, so that its start is true. */
const KEPT_FOR_MS = 60_000;

/** Later than this, nanoseconds since the epoch take more than the 64 bits of the protocol. */
const LATEST_MS = 1.8e13;

/**
 * What to add to the monotonic clock to get milliseconds since the epoch. A span keeps its anchor: its duration and
 * its events are then true, whatever happens to the system's clock meanwhile.
 */
export interface Anchor {
  readonly offset: number;
}

let current: Anchor = { offset: wallNow() - steadyNow() };
let compareAt = 0;

/** The anchor for a span that starts now, whose parent in this process, if there is one, began with `parent` at `startMs`. */
export function anchorAt(steady: number, parent: Anchor | undefined, startMs: number): Anchor {
  // One clock for all of a request: nothing in it seems to start before it began.
  if (parent !== undefined && parent.offset + steady - startMs < KEPT_FOR_MS) return parent;
  if (steady >= compareAt) {
    compareAt = steady + COMPARE_EVERY_MS;
    const drift = wallNow() - (current.offset + steady);
    if (drift > MAX_DRIFT_MS || drift < -MAX_DRIFT_MS) current = { offset: current.offset + drift };
  }
  return current;
}

export function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

/** Whether the SDK takes it for a time; so that `addEvent` reads its arguments as the SDK does. */
export function isTime(input: unknown): boolean {
  return typeof input === 'number' || input instanceof Date || isHrTime(input);
}

/**
 * A time as the API takes it, in milliseconds since the epoch; a number that `performance.now()` has passed is one of
 * its. Anything else is no time: `span.end` may be the listener of an event and gets whatever that carries.
 */
export function millisecondsOf(input: unknown, { offset }: Anchor): number | undefined {
  let ms: number;
  if (typeof input === 'number') ms = input <= steadyNow() ? offset + input : input;
  else if (input instanceof Date) ms = Date.prototype.getTime.call(input);
  else if (isHrTime(input)) ms = input[0] * 1000 + input[1] / 1e6;
  else return undefined;
  return ms >= 0 && ms <= LATEST_MS ? ms : undefined;
}

function isHrTime(input: unknown): input is HrTime {
  return Array.isArray(input) && input.length === 2 && typeof input[0] === 'number' && typeof input[1] === 'number';
}
