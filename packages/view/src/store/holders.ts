import type { DatabaseSync } from 'node:sqlite';
import type { SpanSummary } from './span-summary.ts';
import type { TraceOutline } from './trace-outline.ts';

const MOST = 10_000;
/** Later ones lead to their trace only: each look reads all its spans. */
const LONGEST_MS = 100;

export interface Holder {
  spanId: string;
  traceId: string;
  /** The holder's activity in this service; null if unknown. */
  holderSpanId: string | null;
}

export function holdersOf(database: DatabaseSync, outline: TraceOutline): Holder[] {
  const { from, ids, resources, starts, ends, services, json } = outline;
  if (!json.summaries.includes('"holder"')) return [];
  // The service's largest overlap, preferably of a span with the same pool.
  const find = database.prepare(
    `SELECT s.span_id AS id FROM traces t JOIN spans s ON s.trace = t.id JOIN resources r ON r.id = s.resource
     WHERE t.trace_id = ?1 AND r.service = ?2 AND s.start_ms <= ?4 AND s.end_ms >= ?3
     ORDER BY instr(s.attributes, ?5) > 0 AND s.kind = 3 DESC, min(s.end_ms, ?4) - max(s.start_ms, ?3) DESC LIMIT 1`,
  );
  const summaries = JSON.parse(json.summaries) as (SpanSummary | null)[];
  const until = performance.now() + LONGEST_MS;
  const holders: Holder[] = [];
  for (const [i, each] of summaries.entries()) {
    if (!each?.holder) continue;
    const { traceId, pool } = each.holder;
    let holderSpanId: string | null = null;
    if (performance.now() < until) {
      const { service } = services.get(resources[i]!)!;
      const times = [from + starts[i]! / 1e6, from + ends[i]! / 1e6] as const;
      const found = find.get(traceId, service, ...times, JSON.stringify(pool));
      holderSpanId = (found?.['id'] as string | undefined) ?? null;
    }
    holders.push({ spanId: ids.hex(i), traceId, holderSpanId });
    if (holders.length >= MOST) break;
  }
  return holders;
}
