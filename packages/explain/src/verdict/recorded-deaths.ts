import type { SpanTable } from '../spans/span-table.ts';

/** Rows of spans `process.died`: what a later process found of one that did not end by itself. */
export function recordedDeaths(table: SpanTable): number[] {
  const rows: number[] = [];
  for (let row = 0; row < table.size; row++) {
    if (table.strings.text(table.name[row]!).startsWith('process.died')) rows.push(row);
  }
  return rows;
}
