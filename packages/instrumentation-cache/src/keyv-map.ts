import type { LocalOutcome } from './events.ts';

/** Counted by another adapter. */
export const claimed = new WeakSet<object>();

/** What Keyv 4 and 5 will find in their Map. Undefined: serialized in another way. */
export function foreseen(map: ReadonlyMap<unknown, unknown>, key: string): LocalOutcome | undefined {
  const data = map.get(key);
  if (data === undefined || data === null) return 'miss';
  const expires = expiryOf(data);
  if (expires === undefined) return undefined;
  return Date.now() > expires ? 'miss' : 'hit';
}

const VALUE = '{"value":';
/** At the text's end: `"expires":1700000000000}`. */
const EXPIRES = /"expires":(\d+)\}$/;
const EXPIRES_LENGTH = 40;

/** In ms since 1970; `Infinity`: never. */
function expiryOf(data: unknown): number | undefined {
  if (typeof data === 'string') {
    if (!data.startsWith(VALUE)) return undefined;
    return Number(EXPIRES.exec(data.slice(-EXPIRES_LENGTH))?.[1] ?? Infinity);
  }
  if (typeof data !== 'object' || !Object.hasOwn(data as object, 'value')) return undefined;
  const { expires } = data as { expires?: unknown };
  return typeof expires === 'number' ? expires : Infinity;
}
