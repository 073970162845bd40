import type { DatabaseSync } from 'node:sqlite';
import type { Attributes } from '../records/record.ts';
import { type ResourceRow, resourceRows, rowsOfTrace, type SpanRow } from '@foreshock/explain/store';
import { criticalPathOf } from './critical-path.ts';
import { holdersOf } from './holders.ts';

const MOST_SPANS = 100_000;
const MOST_LOGS = 10_000;

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUSES = ['unset', 'ok', 'error'];

/** JSON of the store is copied, because it is most of a large trace. Undefined if there is none. */
export function traceDetail(database: DatabaseSync, traceId: string): string | undefined {
  const trace = database.prepare('SELECT id FROM traces WHERE trace_id = ?').get(traceId) as { id: number } | undefined;
  if (!trace) return undefined;
  const rows = rowsOfTrace(database, trace.id, MOST_SPANS + 1);
  const isCut = rows.length > MOST_SPANS;
  if (isCut) rows.length = MOST_SPANS;
  rows.sort((a, b) => a.start_ms - b.start_ms);
  const all = new Map(resourceRows(database).map((row) => [row.id, row]));
  const resources = Object.create(null) as Record<string, Attributes>;
  for (const row of rows) {
    const resource = all.get(row.resource);
    if (resource && !(resource.service in resources))
      resources[resource.service] = JSON.parse(resource.attributes) as Attributes;
  }
  const rest = JSON.stringify({
    traceId,
    resources,
    logs: logsOf(database, trace.id),
    criticalPath: criticalPathOf(rows, traceId, all),
    heldBy: holdersOf(database, rows, all),
    truncated: isCut,
  });
  const spans = rows.map((row) => shown(row, all));
  return `${rest.slice(0, -1)},"spans":[${spans.join(',')}]}`;
}

function shown(row: SpanRow, resources: Map<number, ResourceRow>): string {
  const plain = JSON.stringify({
    spanId: row.span_id,
    parentId: row.parent_id || null,
    service: resources.get(row.resource)?.service ?? 'unknown_service',
    name: row.name,
    kind: KINDS[row.kind]!,
    start: row.start_ms,
    durationMs: row.end_ms - row.start_ms,
    status: STATUSES[row.status]!,
    statusMessage: row.status_message,
    scope: row.scope,
  });
  const { attributes, events, links } = row;
  return `${plain.slice(0, -1)},"attributes":${attributes},"events":${events ?? '[]'},"links":${links ?? '[]'}}`;
}

function logsOf(database: DatabaseSync, trace: number) {
  const rows = database
    .prepare(
      `SELECT time_ms, severity, body, span_id, l.attributes, service FROM logs l JOIN resources r ON r.id = l.resource
       WHERE trace = ? ORDER BY time_ms LIMIT ${MOST_LOGS}`,
    )
    .all(trace) as unknown as Record<string, string>[];
  return rows.map((row) => ({
    time: row['time_ms'],
    severity: row['severity'],
    body: row['body'],
    spanId: row['span_id'] || null,
    service: row['service'],
    attributes: JSON.parse(row['attributes']!) as Attributes,
  }));
}
