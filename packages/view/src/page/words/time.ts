import { duration } from './duration.ts';

/** Of `Date`; spans may have any. */
const LATEST = 8.64e15;

function pad(value: number, digits = 2): string {
  return String(value).padStart(digits, '0');
}

/** `20:34:07.412`, in the reader's zone. */
export function clock(time: number): string {
  if (!isTime(time)) return 'no time';
  const at = new Date(time);
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}.${pad(at.getMilliseconds(), 3)}`;
}

/** `2026-11-29` */
export function day(time: number): string {
  if (!isTime(time)) return '';
  const at = new Date(time);
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
}

/** `2026-11-29 20:34:07.412 UTC+01:00` */
export function dateTime(time: number): string {
  return isTime(time) ? `${day(time)} ${clock(time)} ${zone(time)}` : 'no time';
}

/** `UTC+01:00` */
export function zone(time: number): string {
  if (!isTime(time)) return '';
  const minutes = -new Date(time).getTimezoneOffset();
  const size = Math.abs(minutes);
  return size === 0 ? 'UTC' : `UTC${minutes < 0 ? '−' : '+'}${pad(Math.trunc(size / 60))}:${pad(size % 60)}`;
}

/** `3 min 20 s ago` */
export function ago(time: number, now = Date.now()): string {
  if (!isTime(time)) return '';
  const ms = now - time;
  if (Math.abs(ms) < 1000) return 'just now';
  const days = Math.trunc(Math.abs(ms) / 86_400_000);
  const size = days >= 2 ? `${days} days` : duration(Math.round(Math.abs(ms) / 1000) * 1000);
  return ms > 0 ? `${size} ago` : `in ${size}`;
}

function isTime(time: number): boolean {
  return Number.isFinite(time) && Math.abs(time) <= LATEST;
}
