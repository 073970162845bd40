import type { RowsOfTraces } from './rows-of-traces.ts';
import type { SpanTable } from './span-table.ts';

export interface Parents {
  /** Row of the parent, or -1. */
  parent: Int32Array;
  /** 1 for repeated spans. */
  duplicate: Uint8Array;
  orphans: number;
  duplicates: number;
}

/** Trace by trace, as a small table of IDs stays in the processor's cache. */
export function findParents(table: SpanTable, { rows, from }: RowsOfTraces): Parents {
  const found: Parents = {
    parent: new Int32Array(table.size).fill(-1),
    duplicate: new Uint8Array(table.size),
    orphans: 0,
    duplicates: 0,
  };
  let slots = new Int32Array(64);
  for (let trace = 0; trace + 1 < from.length; trace++) {
    const [first, end] = [from[trace]!, from[trace + 1]!];
    let length = 16;
    while (length < (end - first) * 2) length *= 2;
    if (length > slots.length) slots = new Int32Array(length);
    const ids = slots.subarray(0, length).fill(-1);
    for (let at = first; at < end; at++) addId(table, ids, rows[at]!, found);
    for (let at = first; at < end; at++) {
      const row = rows[at]!;
      if (table.hasParent[row] === 0 || found.duplicate[row] === 1) continue;
      const parent = ids[slotOf(table, ids, table.parentHigh[row]!, table.parentLow[row]!)]!;
      if (parent < 0) found.orphans++;
      else found.parent[row] = parent;
    }
  }
  return found;
}

function addId(table: SpanTable, ids: Int32Array, row: number, found: Parents): void {
  const slot = slotOf(table, ids, table.idHigh[row]!, table.idLow[row]!);
  const first = ids[slot]!;
  if (first < 0) ids[slot] = row;
  else if (table.start[first] === table.start[row] && table.service[first] === table.service[row]) {
    found.duplicate[row] = 1;
    found.duplicates++;
  }
}

/** Where the ID is, or would be: open addressing avoids an object per span. */
function slotOf({ idHigh, idLow }: SpanTable, ids: Int32Array, high: number, low: number): number {
  const mask = ids.length - 1;
  let hash = Math.imul(high, 0x85ebca6b) ^ Math.imul(low, 0xc2b2ae35);
  hash ^= hash >>> 15;
  let slot = hash & mask;
  for (let row = ids[slot]!; row >= 0; row = ids[slot]!) {
    if (idHigh[row] === high && idLow[row] === low) break;
    slot = (slot + 1) & mask;
  }
  return slot;
}
