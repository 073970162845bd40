import { UnreadableSource } from '../sources/unreadable.ts';

const DAY_MS = 86_400_000;

/** A number, a date with time, or the latest such time (UTC). */
export function parseTime(text: string, latest: number): number {
  if (/^\d{10,13}$/.test(text)) return text.length > 10 ? Number(text) : Number(text) * 1000;
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/.exec(text);
  if (clock) {
    const [, hours, minutes, seconds] = clock;
    const ofDay = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds ?? 0)) * 1000;
    const at = Math.floor(latest / DAY_MS) * DAY_MS + ofDay;
    return at > latest + 60_000 ? at - DAY_MS : at;
  }
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new UnreadableSource(`"${text}" is no time`);
  return at;
}

const UNITS_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: DAY_MS };

/** `15m`, `90s`, `2h`. */
export function parseLength(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (number === undefined || unit === undefined)
    throw new UnreadableSource(`"${text}" is no length of time such as 15m`);
  return Number(number) * UNITS_MS[unit]!;
}
