import { UnreadableSource } from '../sources/unreadable.ts';

const DAY_MS = 86_400_000;

/** Milliseconds since 1970: of a date with time, of a time of the day (UTC) that is or was last reached, or as they are. */
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
