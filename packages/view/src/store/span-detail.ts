import type { DatabaseSync } from 'node:sqlite';
import { rowsOfSpan } from '@foreshock/explain/store';

/** `/api/traces/ID/spans/ID`: what the store has of a span, as sent. */
export function spanDetail(database: DatabaseSync, traceId: string, spanId: string, kind: number): string | undefined {
  const trace = database.prepare('SELECT id FROM traces WHERE trace_id = ?').get(traceId) as { id: number } | undefined;
  const rows = trace ? rowsOfSpan(database, trace.id, spanId) : [];
  const row = rows.find((each) => each.kind === kind) ?? rows[0];
  if (!row) return undefined;
  const resource = database.prepare('SELECT attributes FROM resources WHERE id = ?').get(row.resource);
  const plain = JSON.stringify({
    parentId: row.parent_id || null,
    statusMessage: row.status_message,
    scope: row.scope,
  });
  const { attributes, events, links } = row;
  return (
    `${plain.slice(0, -1)},"resource":${(resource?.['attributes'] as string) ?? '{}'},"attributes":${attributes}` +
    `,"events":${events ?? '[]'},"links":${links ?? '[]'}}`
  );
}
