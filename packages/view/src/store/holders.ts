import type { DatabaseSync } from 'node:sqlite';
import type { ResourceRow, SpanRow } from '@foreshock/explain/store';

const MOST = 1_000;

export interface Holder {
  spanId: string;
  traceId: string;
  /** The holder's activity in this service; null if its trace is unknown. */
  holderSpanId: string | null;
}

export function holdersOf(database: DatabaseSync, rows: SpanRow[], resources: Map<number, ResourceRow>): Holder[] {
  // The largest overlap in the same service, preferably of a span that used the same pool.
  const find = database.prepare(
    `SELECT s.span_id AS id FROM traces t JOIN spans s ON s.trace = t.id JOIN resources r ON r.id = s.resource
     WHERE t.trace_id = ?1 AND r.service = ?2 AND s.start_ms <= ?4 AND s.end_ms >= ?3
     ORDER BY instr(s.attributes, ?5) > 0 AND s.kind = 3 DESC, min(s.end_ms, ?4) - max(s.start_ms, ?3) DESC LIMIT 1`,
  );
  const holders: Holder[] = [];
  for (const row of rows) {
    if (holders.length >= MOST || !row.attributes.includes('"pool.holder.trace_id"')) continue;
    const attributes = JSON.parse(row.attributes) as Record<string, unknown>;
    const traceId = attributes['pool.holder.trace_id'];
    if (typeof traceId !== 'string') continue;
    const service = resources.get(row.resource)?.service ?? '';
    const pool = JSON.stringify(attributes['db.client.connection.pool.name'] ?? attributes['pool.name'] ?? '');
    const found = find.get(traceId.toLowerCase(), service, row.start_ms, row.end_ms, pool);
    holders.push({ spanId: row.span_id, traceId, holderSpanId: (found?.['id'] as string | undefined) ?? null });
  }
  return holders;
}
