import type { DatabaseSync } from 'node:sqlite';
import type { Attributes } from '../records/record.ts';
import { criticalPathOf } from './critical-path.ts';
import { holdersOf } from './holders.ts';
import { outlineOf } from './trace-outline.ts';

const MOST_LOGS = 10_000;

/** `/api/traces/ID/rest`: after the first paint. */
export function traceRest(database: DatabaseSync, traceId: string): string | undefined {
  const outline = outlineOf(database, traceId);
  if (!outline) return undefined;
  return JSON.stringify({
    criticalPath: criticalPathOf(outline, traceId),
    heldBy: holdersOf(database, outline),
    logs: logsOf(database, outline.id),
  });
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
