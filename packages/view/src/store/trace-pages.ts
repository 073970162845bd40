import type { DatabaseSync } from 'node:sqlite';
import type { SpanRow } from './span-rows.ts';

/** Traces and spans of a page; a trace with more spans than that is a page of its own. */
const TRACES = 200;
const SPANS = 4_000;

/** Where a page ends, in the order of starts. */
export interface Place {
  start: number;
  id: number;
}

export interface TracePage {
  traces: { traceId: string; rows: SpanRow[] }[];
  /** Undefined after the last. */
  next: Place | undefined;
}

export const BEGINNING: Place = { start: -1, id: 0 };

/** Traces that began within a time, oldest first, a page at a time, so that the store can do something else between. */
export function tracePage(database: DatabaseSync, after: Place, from: number, to: number): TracePage {
  const found = database
    .prepare(
      `SELECT id, trace_id, start_ms, spans FROM traces WHERE (start_ms, id) > (?, ?) AND start_ms >= ? AND start_ms <= ?
       ORDER BY start_ms, id LIMIT ${TRACES}`,
    )
    .all(after.start, after.id, from, to) as { id: number; trace_id: string; start_ms: number; spans: number }[];
  const spansOf = database.prepare('SELECT * FROM spans WHERE trace = ?');
  const page: TracePage = { traces: [], next: undefined };
  let spans = 0;
  for (const { id, trace_id: traceId, start_ms: start, spans: count } of found) {
    if (spans > 0 && spans + count > SPANS) return page;
    if (count > 0) page.traces.push({ traceId, rows: spansOf.all(id) as unknown as SpanRow[] });
    spans += count;
    page.next = { start, id };
  }
  if (found.length < TRACES) page.next = undefined;
  return page;
}

/** When the newest traces begin that together have so many spans. */
export function startOfNewest(database: DatabaseSync, spans: number, to: number): number {
  const row = database
    .prepare(
      `SELECT start_ms AS start FROM (
         SELECT start_ms, id, sum(spans) OVER (ORDER BY start_ms DESC, id DESC) AS together FROM traces WHERE start_ms <= ?
       ) WHERE together > ? ORDER BY start_ms DESC LIMIT 1`,
    )
    .get(to, spans);
  return row ? (row['start'] as number) : 0;
}
