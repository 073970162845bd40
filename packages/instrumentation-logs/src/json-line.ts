/** Longer ones are sent as text, cut: reading them would take milliseconds. */
export const MAX_LINE_LENGTH: number = 256 * 1024;

/** Beyond 2^53: a `bigint`'s, which a number would round. */
const LARGE_INTEGER = /[:,[ ]-?\d{16}/;

/** @returns undefined for another text: a formatter may have made it */
export function objectIn(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line, LARGE_INTEGER.test(line) ? exactly : undefined) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function exactly(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) && String(value) !== source ? source : value;
}
