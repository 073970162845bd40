import { findParents } from './parents.ts';
import { type RowsOfTraces, rowsOfTraces } from './rows-of-traces.ts';
import { sortRows } from './sort-rows.ts';
import type { SpanTable } from './span-table.ts';

export interface Trees {
  traces: RowsOfTraces;
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
  const traces = rowsOfTraces(table);
  const { parent, duplicate, orphans, duplicates } = findParents(table, traces);
  const cycles = cutCycles(parent);
  return { traces, parent, ...order(table, parent, duplicate), duplicate, orphans, cycles, duplicates };
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
