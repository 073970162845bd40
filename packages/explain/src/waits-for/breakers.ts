import type { Decomposed } from '../decompose/decomposed.ts';

/** Longest from a breaker's opening failure to a refusal. */
const LONGEST_OPEN_MS = 120_000;

/** The last failed call before a time, or -1. */
export function failuresBehindBreakers({
  table,
}: Decomposed): (service: number, breaker: string, before: number) => number {
  const calls = new Map<string, number[]>();
  table.attributes.forEach((attributes, row) => {
    if (!attributes?.breaker || table.failed[row] === 0 || attributes.breakerOutcome === 'rejected') return;
    const key = `${table.service[row]} ${attributes.breaker}`;
    const list = calls.get(key);
    if (list) list.push(row);
    else calls.set(key, [row]);
  });
  for (const list of calls.values()) list.sort((a, b) => table.end[a]! - table.end[b]!);
  return (service, breaker, before) => {
    const list = calls.get(`${service} ${breaker}`) ?? [];
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (table.end[list[middle]!]! <= before) low = middle + 1;
      else high = middle;
    }
    const row = list[low - 1];
    return row !== undefined && before - table.end[row]! < LONGEST_OPEN_MS ? row : -1;
  };
}
