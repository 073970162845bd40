import type { DatabaseSync } from 'node:sqlite';
import { parseSearch, type Search } from './search-language.ts';
import type { TraceSummary } from './trace-summary.ts';

export interface ListQuery {
  q: string;
  from: number;
  to: number;
  limit: number;
  before: string | undefined;
}

const CHUNK = 1_000;
/** A search returns its results and position after this time. */
const LONGEST_MS = 1_000;
const STATUSES = ['unset', 'ok', 'error'];

interface Place {
  start: number;
  id: number;
}

/** `/api/traces`, newest first. */
export function listTraces(database: DatabaseSync, query: ListQuery) {
  const { found, next, error } = findTraces(database, query);
  return { ...shown(database, found, next), ...(error === undefined ? {} : { error }) };
}

/** Newest first. */
export function findTraceIds(database: DatabaseSync, query: ListQuery): { traceIds: string[]; error?: string } {
  const { found, error } = findTraces(database, query, LONGEST_MS * 10);
  return { traceIds: found.map((row) => row.trace_id), ...(error === undefined ? {} : { error }) };
}

interface Found {
  found: TraceSummary[];
  next?: Place | undefined;
  error?: string;
}

function findTraces(database: DatabaseSync, query: ListQuery, longestMs = LONGEST_MS): Found {
  const search = parseSearch(query.q);
  if (search.error !== undefined) return { found: [], error: search.error };
  const until = performance.now() + longestMs;
  const found: TraceSummary[] = [];
  let place = placeOf(query.before) ?? { start: query.to, id: Number.MAX_SAFE_INTEGER };
  for (;;) {
    const end = endOfChunk(database, place, query.from);
    found.push(...find(database, search, place, end, query.from, query.limit - found.length));
    if (found.length === query.limit) {
      const { start_ms, id } = found.at(-1)!;
      return { found, next: { start: start_ms, id } };
    }
    if (!end) return { found };
    place = end;
    if (performance.now() > until) return { found, next: place };
  }
}

function placeOf(text: string | undefined): Place | undefined {
  const [, start, id] = /^(\d+(?:\.\d+)?)_(\d+)$/.exec(text ?? '') ?? [];
  return start === undefined ? undefined : { start: Number(start), id: Number(id) };
}

/** Undefined after the last chunk. */
function endOfChunk(database: DatabaseSync, { start, id }: Place, from: number): Place | undefined {
  const row = database
    .prepare(
      `SELECT start_ms AS start, id FROM traces WHERE (start_ms, id) < (?, ?) AND start_ms >= ?
       ORDER BY start_ms DESC, id DESC LIMIT 1 OFFSET ${CHUNK}`,
    )
    .get(start, id, from);
  return row as Place | undefined;
}

function find(
  database: DatabaseSync,
  { groups, traceId }: Search,
  after: Place,
  end: Place | undefined,
  from: number,
  limit: number,
): TraceSummary[] {
  const where = ['t.spans > 0', '(t.start_ms, t.id) < (?, ?)', 't.start_ms >= ?'];
  const params: (string | number)[] = [after.start, after.id, from];
  if (end) {
    where.push('(t.start_ms, t.id) >= (?, ?)');
    params.push(end.start, end.id);
  }
  if (traceId !== undefined) {
    where.push('t.trace_id = ?');
    params.push(traceId);
  }
  for (const group of groups) {
    where.push(`EXISTS (SELECT 1 FROM spans s WHERE s.trace = t.id AND ${group.sql})`);
    params.push(...group.params);
  }
  const sql = `SELECT t.* FROM traces t WHERE ${where.join(' AND ')} ORDER BY t.start_ms DESC, t.id DESC LIMIT ?`;
  return database.prepare(sql).all(...params, limit) as unknown as TraceSummary[];
}

function shown(database: DatabaseSync, found: TraceSummary[], next: Place | undefined) {
  const services = database.prepare(
    'SELECT DISTINCT r.service FROM spans s JOIN resources r ON r.id = s.resource WHERE s.trace = ? LIMIT 100',
  );
  return {
    traces: found.map((row) => ({
      traceId: row.trace_id,
      start: row.start_ms,
      durationMs: row.root === 1 ? row.duration_ms : row.end_ms - row.start_ms,
      service: row.service,
      name: row.name,
      status: STATUSES[row.status]!,
      spans: row.spans,
      errors: row.errors,
      services: services.all(row.id).map(({ service }) => service as string),
      waits: row.waits,
      waitMs: row.wait_ms,
      attempts: row.attempts,
      breaker: row.breaker,
      pinned: row.keep === 2,
    })),
    next: next ? `${next.start}_${next.id}` : null,
  };
}
