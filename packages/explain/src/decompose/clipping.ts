import { KIND, type SpanTable } from '../spans/span-table.ts';
import type { Trees } from '../spans/trees.ts';

export interface Clipped {
  start: Float64Array;
  end: Float64Array;
  /** The request's first span, or -1. */
  entry: Int32Array;
  entries: number[];
  /** 1 for spans outside their parent's time, with descendants. */
  isOutside: Uint8Array;
}

/** Cuts spans to their parent's time. No span waits for a consumer. */
export function clip(table: SpanTable, { parent, order }: Trees): Clipped {
  const { size, kind } = table;
  const start = table.start.slice(0, size);
  const end = table.end.slice(0, size);
  const entry = new Int32Array(size).fill(-1);
  const isOutside = new Uint8Array(size);
  const entries: number[] = [];
  for (const row of order) {
    const above = parent[row]!;
    if (above < 0 || (kind[row] === KIND.CONSUMER && kind[above] === KIND.PRODUCER)) {
      entry[row] = row;
      entries.push(row);
      continue;
    }
    entry[row] = entry[above]!;
    if (isOutside[above] === 1 || start[row]! > end[above]! || end[row]! < start[above]!) {
      isOutside[row] = 1;
      continue;
    }
    if (start[row]! < start[above]!) start[row] = start[above]!;
    if (end[row]! > end[above]!) end[row] = end[above]!;
  }
  return { start, end, entry, entries, isOutside };
}
