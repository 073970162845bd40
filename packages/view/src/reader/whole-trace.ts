import { criticalPath, emptySpan, SpanTable, UnreadableSource } from '@foreshock/explain';
import type { LogRecord, RecordTarget, SpanRecord } from '../records/record.ts';
import { readStreamRecords } from '../records/stream.ts';

/** A trace as it was sent. */
export interface WholeTrace {
  /** By start. */
  spans: SpanRecord[];
  logs: LogRecord[];
  /** On the critical path. */
  onPath: Set<SpanRecord>;
}

/** @returns undefined without spans */
export async function readWholeTrace(otlp: AsyncIterable<Buffer>): Promise<WholeTrace | undefined> {
  const spans: SpanRecord[] = [];
  const logs: LogRecord[] = [];
  const target: RecordTarget = { span: (span) => void spans.push(span), log: (log) => void logs.push(log) };
  try {
    await readStreamRecords(otlp, target, () => {});
  } catch (error) {
    // Nothing was in it.
    if (!(error instanceof UnreadableSource)) throw error;
  }
  if (spans.length === 0) return undefined;
  spans.sort((one, other) => one.start - other.start);
  return { spans, logs, onPath: pathOf(spans) };
}

function pathOf(spans: readonly SpanRecord[]): Set<SpanRecord> {
  const table = new SpanTable();
  const added: SpanRecord[] = [];
  for (const span of spans) {
    const { service, instance } = span.resource;
    const { traceId, spanId, parentSpanId, kind, start, end } = span;
    const row = table.add({
      ...emptySpan({ service, instance, version: '' }),
      traceId,
      spanId,
      parentSpanId,
      kind,
      start,
      end,
    });
    if (row >= 0) added[row] = span;
  }
  return new Set(criticalPath(table).map(({ row }) => added[row]!));
}
