import { KIND, type SpanTable } from '../spans/span-table.ts';
import { type Plain, SpanAttributes } from './attributes.ts';
import { ResourceAttributes } from './resource.ts';

/** Jaeger's API before version 3, which its UI saves. */
interface JaegerFile {
  data?: { spans?: JaegerSpan[]; processes?: Record<string, { serviceName?: string; tags?: Tag[] }> }[];
}

interface JaegerSpan {
  traceID?: string;
  spanID?: string;
  operationName?: string;
  references?: { refType?: string; traceID?: string; spanID?: string }[];
  startTime?: number;
  duration?: number;
  tags?: Tag[];
  processID?: string;
}

interface Tag {
  key?: string;
  value?: unknown;
}

export function isJaeger(value: unknown): value is JaegerFile {
  return typeof value === 'object' && value !== null && Array.isArray((value as JaegerFile).data);
}

export function readJaeger({ data }: JaegerFile, table: SpanTable): number {
  const attributes = new SpanAttributes(table.strings);
  let count = 0;
  for (const trace of data ?? []) {
    for (const span of trace?.spans ?? []) {
      const process = trace.processes?.[span.processID ?? ''];
      attributes.clear();
      let kind = 'internal';
      for (const { key, value } of span.tags ?? []) {
        if (key === 'span.kind') kind = String(value);
        else if (typeof key === 'string' && typeof value !== 'object') attributes.take(key, value as Plain);
      }
      const parent = span.references?.find(({ traceID }) => traceID === span.traceID);
      const resource = new ResourceAttributes();
      for (const { key, value } of process?.tags ?? []) {
        if (typeof key === 'string' && typeof value !== 'object') resource.take(key, value as Plain);
      }
      const start = Number(span.startTime) / 1000;
      table.add({
        traceId: String(span.traceID ?? '').toLowerCase(),
        spanId: String(span.spanID ?? ''),
        parentSpanId: String(parent?.spanID ?? ''),
        ...resource.process,
        service: process?.serviceName || 'unknown_service',
        name: String(span.operationName ?? ''),
        kind: KIND[kind.toUpperCase() as keyof typeof KIND] ?? KIND.INTERNAL,
        start,
        end: start + Number(span.duration ?? 0) / 1000,
        failed: attributes.isFailed,
        errorType: attributes.errorType,
        target: attributes.target,
        facts: attributes.facts,
      });
      count++;
    }
  }
  return count;
}
