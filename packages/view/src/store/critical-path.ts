import { criticalPath, emptySpan, SpanTable } from '@foreshock/explain/store';
import type { TraceOutline } from './trace-outline.ts';

/** In order of time. */
export function criticalPathOf(outline: TraceOutline, traceId: string) {
  const { from: zero, ids, parentIds, kinds, resources, starts, ends, services } = outline;
  const table = new SpanTable();
  const places: number[] = [];
  const processes = new Map(Array.from(services, ([id, process]) => [id, emptySpan({ ...process, version: '' })]));
  for (let i = 0; i < ids.size; i++) {
    const row = table.add({
      ...processes.get(resources[i]!)!,
      traceId,
      spanId: ids.hex(i),
      parentSpanId: parentIds.hex(i),
      kind: kinds[i]!,
      start: zero + starts[i]! / 1e6,
      end: zero + ends[i]! / 1e6,
    });
    if (row >= 0) places[row] = i;
  }
  return criticalPath(table).map(({ row, from, to }) => ({ spanId: ids.hex(places[row]!), from, to }));
}
