import { performance } from 'node:perf_hooks';
import { types } from 'node:util';
import type { HrTime } from '@opentelemetry/api';

// jsdom, fake timers etc. may replace both.
const wallNow = Date.now;
export const steadyNow: () => number = performance.now.bind(performance);

/** Larger drift renews the anchor; `Date.now()` is exact to 1 ms. */
const MAX_DRIFT_MS = 2;

/** Longest delay until a clock change shows. */
const COMPARE_EVERY_MS = 50;

/** Below older spans, a new anchor corrects starts. */
const KEPT_FOR_MS = 60_000;

/** Of the protocol's 64-bit nanoseconds. */
const LATEST_MS = 1.8e13;

/** From monotonic time to milliseconds since the epoch: clock changes leave spans alone. */
export interface Anchor {
  readonly offset: number;
}

let current: Anchor = { offset: wallNow() - steadyNow() };
let compareAt = 0;

/** For a starting span; its local parent began at `startMs`. */
export function anchorAt(steady: number, parent: Anchor | undefined, startMs: number): Anchor {
  // One clock per request: children never start early.
  if (parent !== undefined && parent.offset + steady - startMs < KEPT_FOR_MS) return parent;
  if (steady >= compareAt) {
    compareAt = steady + COMPARE_EVERY_MS;
    const drift = wallNow() - (current.offset + steady);
    if (drift > MAX_DRIFT_MS || drift < -MAX_DRIFT_MS) current = { offset: current.offset + drift };
  }
  return current;
}

/** As the SDK reads arguments of `addEvent`. */
export function isTime(input: unknown): boolean {
  return typeof input === 'number' || types.isDate(input) || isHrTime(input);
}

/**
 * Milliseconds since the epoch; small numbers are `performance.now()`. As an event listener, `span.end` gets any
 * argument.
 */
export function millisecondsOf(input: unknown, { offset }: Anchor): number | undefined {
  let ms: number;
  if (typeof input === 'number') ms = input <= steadyNow() ? offset + input : input;
  else if (types.isDate(input)) ms = Date.prototype.getTime.call(input);
  else if (isHrTime(input)) ms = input[0] * 1000 + input[1] / 1e6;
  else return undefined;
  return ms >= 0 && ms <= LATEST_MS ? ms : undefined;
}

function isHrTime(input: unknown): input is HrTime {
  // `Array.isArray` throws on a revoked proxy.
  return (
    typeof input === 'object' &&
    !types.isProxy(input) &&
    Array.isArray(input) &&
    input.length === 2 &&
    typeof input[0] === 'number' &&
    typeof input[1] === 'number'
  );
}
