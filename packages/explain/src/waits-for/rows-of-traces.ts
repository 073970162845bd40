import type { SpanTable } from '../spans/span-table.ts';

export interface RowsOfTraces {
  rows: Int32Array;
  from: Int32Array;
}

export function rowsOfTraces({ size, trace, traceIds }: SpanTable): RowsOfTraces {
  const from = new Int32Array(traceIds.length + 1);
  for (let row = 0; row < size; row++) from[trace[row]! + 1]!++;
  for (let at = 0; at < traceIds.length; at++) from[at + 1]! += from[at]!;
  const next = from.slice();
  const rows = new Int32Array(size);
  for (let row = 0; row < size; row++) rows[next[trace[row]!]!++] = row;
  return { rows, from };
}
