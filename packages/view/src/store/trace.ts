import type { DatabaseSync } from 'node:sqlite';
import type { Attributes, SpanRecord } from '@foreshock/explain/records';
import { RecordsOfRows, resourceRows, type SpanRow } from './span-rows.ts';

/** Spans of a trace that are shown. */
const MOST_SPANS = 100_000;
const MOST_LOGS = 10_000;

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUSES = ['unset', 'ok', 'error'];

/** `/api/traces/<traceId>`; undefined where there is none. */
export function traceDetail(database: DatabaseSync, traceId: string) {
  const trace = database.prepare('SELECT id FROM traces WHERE trace_id = ?').get(traceId) as { id: number } | undefined;
  if (!trace) return undefined;
  const rows = database
    .prepare(`SELECT * FROM spans WHERE trace = ? LIMIT ${MOST_SPANS + 1}`)
    .all(trace.id) as unknown as SpanRow[];
  const records = new RecordsOfRows(resourceRows(database));
  const spans = rows.slice(0, MOST_SPANS).map((row) => records.record(row, traceId));
  spans.sort((a, b) => a.start - b.start);
  const resources = Object.create(null) as Record<string, Attributes>;
  for (const { resource } of spans) resources[resource.service] ??= resource.attributes;
  return {
    traceId,
    spans: spans.map(shown),
    resources,
    logs: logsOf(database, trace.id),
    criticalPath: [],
    heldBy: [],
    truncated: rows.length > MOST_SPANS,
  };
}

function shown(span: SpanRecord) {
  return {
    spanId: span.spanId,
    parentId: span.parentSpanId || null,
    service: span.resource.service,
    name: span.name,
    kind: KINDS[span.kind]!,
    start: span.start,
    durationMs: span.end - span.start,
    status: STATUSES[span.status]!,
    statusMessage: span.statusMessage,
    attributes: span.attributes,
    events: span.events,
    links: span.links,
    scope: span.scope,
  };
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
