import type { SpanTable } from '../spans/span-table.ts';

interface Hold {
  since: number;
  until: number;
}

/** By holder's trace, in order: from a connection's grant until the last caller that found it out. */
const known = new WeakMap<SpanTable, Map<string, Hold[]>>();
/** Callers' times of one hold differ by rounding. */
const SAME_MS = 5;

/** A hold lasted at least until later callers found the connection out. */
export function heldUntil(table: SpanTable, holderTrace: string, since: number): number {
  let holds = known.get(table);
  if (!holds) known.set(table, (holds = holdsOf(table)));
  const some = holds.get(holderTrace) ?? [];
  let [low, high] = [0, some.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (some[middle]!.since < since) low = middle + 1;
    else high = middle;
  }
  const hold = some[low];
  return hold?.since === since ? Math.max(since, hold.until) : since;
}

function holdsOf(table: SpanTable): Map<string, Hold[]> {
  const holds = new Map<string, Hold[]>();
  table.attributes.forEach((attributes, row) => {
    if (!attributes?.holderTrace || attributes.holderHeldMs === undefined) return;
    const until = table.start[row]!;
    const hold = { since: until - attributes.holderHeldMs, until };
    const same = holds.get(attributes.holderTrace);
    if (same) same.push(hold);
    else holds.set(attributes.holderTrace, [hold]);
  });
  for (const [trace, some] of holds) holds.set(trace, withLatest(some.sort((a, b) => a.since - b.since)));
  return holds;
}

/** Each lasts until the latest of those that may be the same. */
function withLatest(sorted: Hold[]): Hold[] {
  /** Places of candidates: later ones begin later and last less long. */
  const candidates: number[] = [];
  let [first, next] = [0, 0];
  return sorted.map(({ since }) => {
    for (; next < sorted.length && sorted[next]!.since < since + SAME_MS; next++) {
      while (candidates.length > first && sorted[candidates.at(-1)!]!.until <= sorted[next]!.until) candidates.pop();
      candidates.push(next);
    }
    while (sorted[candidates[first]!]!.since <= since - SAME_MS) first++;
    return { since, until: sorted[candidates[first]!]!.until };
  });
}
