import type { SpanTable } from './span-table.ts';

export interface RowsOfTraces {
  rows: Int32Array;
  from: Int32Array;
}

export function rowsOfTraces({ size, trace, traces }: SpanTable): RowsOfTraces {
  const from = new Int32Array(traces + 1);
  for (let row = 0; row < size; row++) from[trace[row]! + 1]!++;
  for (let at = 0; at < traces; at++) from[at + 1]! += from[at]!;
  const next = from.slice();
  const rows = new Int32Array(size);
  for (let row = 0; row < size; row++) rows[next[trace[row]!]!++] = row;
  return { rows, from };
}
