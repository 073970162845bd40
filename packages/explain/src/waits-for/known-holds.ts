import type { SpanTable } from '../spans/span-table.ts';

/** By holder's trace: from a connection's grant until a later caller asked. */
const known = new WeakMap<SpanTable, Map<string, { since: number; until: number }[]>>();
/** Callers' times of one hold differ by rounding. */
const SAME_MS = 5;

/** A hold lasted at least until later callers found the connection out. */
export function heldUntil(table: SpanTable, holderTrace: string, since: number): number {
  let holds = known.get(table);
  if (!holds) known.set(table, (holds = holdsOf(table)));
  let until = since;
  for (const hold of holds.get(holderTrace) ?? [])
    if (Math.abs(hold.since - since) < SAME_MS) until = Math.max(until, hold.until);
  return until;
}

function holdsOf(table: SpanTable): Map<string, { since: number; until: number }[]> {
  const holds = new Map<string, { since: number; until: number }[]>();
  table.attributes.forEach((attributes, row) => {
    if (!attributes?.holderTrace || attributes.holderHeldMs === undefined) return;
    const until = table.start[row]!;
    const hold = { since: until - attributes.holderHeldMs, until };
    const same = holds.get(attributes.holderTrace);
    if (same) same.push(hold);
    else holds.set(attributes.holderTrace, [hold]);
  });
  return holds;
}
