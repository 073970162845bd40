import { criticalPath, emptySpan, SpanTable } from '@foreshock/explain';
import type { ResourceRow, SpanRow } from '@foreshock/explain/store';

/** In order of time. */
export function criticalPathOf(rows: SpanRow[], traceId: string, resources: Map<number, ResourceRow>) {
  const table = new SpanTable();
  const spanIds: string[] = [];
  for (const row of rows) {
    const { service = 'unknown_service', instance = '' } = resources.get(row.resource) ?? {};
    const at = table.add({
      ...emptySpan({ service, instance, version: '' }),
      traceId,
      spanId: row.span_id,
      parentSpanId: row.parent_id,
      kind: row.kind,
      start: row.start_ms,
      end: row.end_ms,
    });
    if (at >= 0) spanIds[at] = row.span_id;
  }
  return criticalPath(table).map(({ row, from, to }) => ({ spanId: spanIds[row]!, from, to }));
}
