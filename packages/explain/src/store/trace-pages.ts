import type { DatabaseSync } from 'node:sqlite';
import { type LogRow, rowsOfTrace, someRowsOfTrace, type SpanRow } from './rows.ts';

/** A larger trace has its own pages. */
const TRACES = 200;
const SPANS = 4_000;

/** In order of starts. */
export interface Place {
  start: number;
  id: number;
  /** In a large trace: the last span read. */
  spanId?: string;
}

export interface TracePage {
  traces: { traceId: string; spans: SpanRow[]; logs: LogRow[] }[];
  /** Undefined after the last page. */
  next: Place | undefined;
}

export const BEGINNING: Place = { start: -1, id: 0 };

interface TraceRow {
  id: number;
  trace_id: string;
  start_ms: number;
  spans: number;
}

/** Oldest first; the store can work between pages. */
export function tracePage(database: DatabaseSync, after: Place, from: number, to: number): TracePage {
  if (after.spanId !== undefined) return partOfTrace(database, after, after.spanId);
  const found = database
    .prepare(
      `SELECT id, trace_id, start_ms, spans FROM traces WHERE (start_ms, id) > (?, ?) AND start_ms >= ? AND start_ms <= ?
       ORDER BY start_ms, id LIMIT ${TRACES}`,
    )
    .all(after.start, after.id, from, to) as unknown as TraceRow[];
  const [first] = found;
  if (first && first.spans > SPANS) return partOfTrace(database, { start: first.start_ms, id: first.id }, '');
  const traces = wholeTraces(database, found);
  const last = traces.length < found.length || found.length === TRACES ? found[traces.length - 1] : undefined;
  return { traces, next: last && { start: last.start_ms, id: last.id } };
}

/** The first part has its log lines. */
function partOfTrace(database: DatabaseSync, { start, id }: Place, after: string): TracePage {
  const trace = database.prepare('SELECT trace_id FROM traces WHERE id = ?').get(id);
  // Gone since the part before.
  if (!trace) return { traces: [], next: { start, id } };
  const { rows: spans, last } = someRowsOfTrace(database, id, after, SPANS);
  const logs = after === '' ? logsOf(database, id) : [];
  const next = last === undefined ? { start, id } : { start, id, spanId: last };
  return { traces: [{ traceId: trace['trace_id'] as string, spans, logs }], next };
}

export function pageOf(database: DatabaseSync, traceIds: string[]): { page: TracePage; rest: string[] } {
  const find = database.prepare('SELECT id, trace_id, start_ms, spans FROM traces WHERE trace_id = ?');
  const found = traceIds.slice(0, TRACES).flatMap((id) => (find.get(id) as TraceRow | undefined) ?? []);
  const traces = wholeTraces(database, found);
  const rest = found.slice(traces.length).map((row) => row.trace_id);
  return { page: { traces, next: undefined }, rest: [...rest, ...traceIds.slice(TRACES)] };
}

/** At least one. */
function wholeTraces(database: DatabaseSync, found: TraceRow[]): TracePage['traces'] {
  const traces: TracePage['traces'] = [];
  let together = 0;
  for (const { id, trace_id: traceId, spans } of found) {
    if (together > 0 && together + spans > SPANS) break;
    together += Math.max(1, spans);
    traces.push({ traceId, spans: rowsOfTrace(database, id), logs: logsOf(database, id) });
  }
  return traces;
}

function logsOf(database: DatabaseSync, trace: number): LogRow[] {
  return database.prepare('SELECT * FROM logs WHERE trace = ?').all(trace) as unknown as LogRow[];
}
