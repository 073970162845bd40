import type { HrTime } from '@opentelemetry/api';
import { putFixed32 } from './bytes.ts';

/** @param ms since 1970 */
export function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
}

/** Nanoseconds exceed 2^53: two exact halves. */
export function putTime(out: Uint8Array, at: number, time: HrTime): number {
  return putNanoseconds(out, at, time[0], time[1]);
}

export function putMilliseconds(out: Uint8Array, at: number, ms: number): number {
  const seconds = Math.floor(ms / 1_000);
  return putNanoseconds(out, at, seconds, Math.round((ms - seconds * 1_000) * 1e6));
}

function putNanoseconds(out: Uint8Array, at: number, seconds: number, nanoseconds: number): number {
  const upper = Math.floor(seconds / 0x10000) * 1e9;
  const lower = (upper % 0x10000) * 0x10000 + (seconds & 0xffff) * 1e9 + nanoseconds;
  const pos = putFixed32(out, at, lower >>> 0);
  return putFixed32(out, pos, Math.floor(upper / 0x10000) + Math.floor(lower / 0x100000000));
}
