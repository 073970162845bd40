import type { SpanTable } from '../spans/span-table.ts';

/** A later process records it for one that was killed. */
export function recordedDeaths(table: SpanTable): number[] {
  const rows: number[] = [];
  for (let row = 0; row < table.size; row++) {
    if (table.strings.text(table.name[row]!).startsWith('process.died')) rows.push(row);
  }
  return rows;
}
