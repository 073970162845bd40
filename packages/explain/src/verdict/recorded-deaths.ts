import { duration } from '../report/figures.ts';
import type { SpanTable } from '../spans/span-table.ts';

/** Recorded by a later process, if killed. */
export function recordedDeaths(table: SpanTable): number[] {
  const rows: number[] = [];
  for (let row = 0; row < table.size; row++) {
    if (table.strings.text(table.name[row]!).startsWith('process.died')) rows.push(row);
  }
  return rows;
}

/** Causes of death that `process.died` has. */
const OF_MEMORY = new Set(['oom_kill', 'heap_limit']);

export function isOfMemory({ attributes }: SpanTable, row: number): boolean {
  return OF_MEMORY.has(attributes[row]?.diedOf ?? '');
}

/** `oom_kill, pid 4711, after 12 min`. */
export function deathOf({ attributes, start, end, errorType, strings }: SpanTable, row: number): string {
  const { diedOf = 'unknown', pid, grew } = attributes[row] ?? {};
  // `error.type` is the signal's name where somebody saw it.
  const isUnseen = diedOf === 'signal' && strings.text(errorType[row]!) === 'signal';
  const known = diedOf === 'unknown' ? 'of what is not known' : diedOf;
  const of = isUnseen ? 'killed, or crashed in native code' : known;
  return [of, pid === undefined ? '' : `pid ${pid}`, `after ${duration(end[row]! - start[row]!)}`, grew]
    .filter(Boolean)
    .join(', ');
}
