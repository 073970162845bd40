import { sortRows } from './sort-rows.ts';
import type { SpanTable } from './span-table.ts';

export interface Trees {
  /** Row of the parent, or -1. */
  parent: Int32Array;
  /** By start, `childStart[row]` up to `childStart[row + 1]`. */
  children: Int32Array;
  childStart: Int32Array;
  /** Parents before children. */
  order: Int32Array;
  /** 1 for repeated spans. */
  duplicate: Uint8Array;
  orphans: number;
  cycles: number;
  duplicates: number;
}

/** Without recursion; cuts a cycle where it closes. */
export function buildTrees(table: SpanTable): Trees {
  const { size } = table;
  const ids = indexIds(table);
  const parent = new Int32Array(size).fill(-1);
  let orphans = 0;
  for (let row = 0; row < size; row++) {
    if (table.hasParent[row] === 0 || ids.duplicate[row] === 1) continue;
    const found = ids.find(table.trace[row]!, table.parentHigh[row]!, table.parentLow[row]!);
    if (found < 0) orphans++;
    else parent[row] = found;
  }
  const cycles = cutCycles(parent);
  return {
    parent,
    ...order(table, parent, ids.duplicate),
    duplicate: ids.duplicate,
    orphans,
    cycles,
    duplicates: ids.duplicates,
  };
}

/** Open addressing avoids an object per span. */
function indexIds(table: SpanTable) {
  const { size, trace, idHigh, idLow, start, service } = table;
  let slots = 16;
  while (slots < size * 2) slots *= 2;
  const mask = slots - 1;
  const rows = new Int32Array(slots).fill(-1);
  const duplicate = new Uint8Array(size);
  let duplicates = 0;
  const slotOf = (of: number, high: number, low: number): number => {
    let hash = Math.imul(of, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b) ^ Math.imul(low, 0xc2b2ae35);
    hash ^= hash >>> 15;
    return hash & mask;
  };
  for (let row = 0; row < size; row++) {
    let slot = slotOf(trace[row]!, idHigh[row]!, idLow[row]!);
    for (let other = rows[slot]!; other >= 0; other = rows[slot]!) {
      if (trace[other] === trace[row] && idHigh[other] === idHigh[row] && idLow[other] === idLow[row]) break;
      slot = (slot + 1) & mask;
    }
    const first = rows[slot]!;
    if (first < 0) rows[slot] = row;
    else if (start[first] === start[row] && service[first] === service[row]) {
      duplicate[row] = 1;
      duplicates++;
    }
  }
  const find = (of: number, high: number, low: number): number => {
    let slot = slotOf(of, high, low);
    for (let row = rows[slot]!; row >= 0; row = rows[slot]!) {
      if (trace[row] === of && idHigh[row] === high && idLow[row] === low) return row;
      slot = (slot + 1) & mask;
    }
    return -1;
  };
  return { find, duplicate, duplicates };
}

/** Returns the number of cycles. */
function cutCycles(parent: Int32Array): number {
  const walk = new Int32Array(parent.length);
  let cycles = 0;
  for (let row = 0; row < parent.length; row++) {
    let at = row;
    while (walk[at] === 0) {
      walk[at] = row + 1;
      const above = parent[at]!;
      if (above < 0) break;
      if (walk[above] === row + 1) {
        parent[at] = -1;
        cycles++;
        break;
      }
      at = above;
    }
  }
  return cycles;
}

function order(table: SpanTable, parent: Int32Array, duplicate: Uint8Array) {
  const { size, start } = table;
  const childStart = new Int32Array(size + 1);
  for (let row = 0; row < size; row++) if (parent[row]! >= 0) childStart[parent[row]! + 1]!++;
  for (let row = 0; row < size; row++) childStart[row + 1]! += childStart[row]!;
  const next = childStart.slice();
  const children = new Int32Array(childStart[size]!);
  for (let row = 0; row < size; row++) if (parent[row]! >= 0) children[next[parent[row]!]!++] = row;
  for (let row = 0; row < size; row++) {
    const from = childStart[row]!;
    const to = childStart[row + 1]!;
    if (to - from > 1) sortRows(children.subarray(from, to), start);
  }
  const ordered = new Int32Array(size);
  let filled = 0;
  for (let row = 0; row < size; row++) if (parent[row]! < 0 && duplicate[row] === 0) ordered[filled++] = row;
  for (let at = 0; at < filled; at++) {
    const row = ordered[at]!;
    for (let child = childStart[row]!; child < childStart[row + 1]!; child++) ordered[filled++] = children[child]!;
  }
  return { children, childStart, order: ordered.subarray(0, filled) };
}
