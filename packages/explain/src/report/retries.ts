import type { Analysis } from '../analyse.ts';
import { calleeOf } from '../decompose/callee.ts';
import type { SpanTable } from '../spans/span-table.ts';
import type { RetryRow } from './answer.ts';

const MOST = 4;
const FEWEST_PAUSES = 5;
/** Pauses that differ by a smaller share are the same. */
const SAME = 0.02;

export function retriesOf({ known }: Analysis): RetryRow[] {
  const { table } = known.whole;
  const { from, to } = known.window;
  const hops = new Map<string, { peer: number; rows: number[] }>();
  table.attributes.forEach((attributes, row) => {
    if (attributes?.attempt === undefined || table.start[row]! < from || table.start[row]! > to) return;
    const peer = calleeOf(known.whole, row);
    const key = `${table.service[row]} ${peer}`;
    const hop = hops.get(key);
    if (hop) hop.rows.push(row);
    else hops.set(key, { peer, rows: [row] });
  });
  return [...hops.values()]
    .map(({ peer, rows }) => hopOf(table, peer, rows))
    .filter(({ resends }) => resends > 0)
    .sort((a, b) => b.resends - a.resends)
    .slice(0, MOST);
}

function hopOf(table: SpanTable, peer: number, rows: number[]): RetryRow {
  const firstTries = rows.filter((row) => table.attributes[row]!.attempt! <= 1).length;
  return {
    service: table.strings.text(table.service[rows[0]!]!),
    target: table.strings.text(peer),
    firstTries,
    resends: rows.length - firstTries,
    jitter: hasJitter(table, rows),
  };
}

/** Null if too few are known. */
function hasJitter(table: SpanTable, rows: number[]): boolean | null {
  const pauses = rows
    .filter((row) => table.attributes[row]!.attempt === 2 && table.attributes[row]!.delayMs !== undefined)
    .map((row) => table.attributes[row]!.delayMs!)
    .sort((a, b) => a - b);
  if (pauses.length < FEWEST_PAUSES) return null;
  const middle = pauses[pauses.length >> 1]!;
  return pauses.some((ms) => Math.abs(ms - middle) > Math.max(1, middle * SAME));
}
