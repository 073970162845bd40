import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';

const STORM = 2;
const AT_ONCE_MS = 200;

/** Almost pauseless retries are the load. */
export function isStorm({ whole, window }: Known, { examples }: Evidence): boolean {
  const { table } = whole;
  const callers = new Set(examples.map(({ met }) => table.service[met]!));
  let [first, again] = [0, 0];
  const pauses: number[] = [];
  table.attributes.forEach((attributes, row) => {
    if (attributes?.attempt === undefined || !callers.has(table.service[row]!)) return;
    if (table.start[row]! < window.from || table.start[row]! > window.to) return;
    if (attributes.attempt <= 1) first++;
    else again++;
    if (attributes.attempt === 2 && attributes.delayMs !== undefined) pauses.push(attributes.delayMs);
  });
  pauses.sort((a, b) => a - b);
  return again >= STORM * first && pauses.length > 0 && pauses[pauses.length >> 1]! < AT_ONCE_MS;
}
