import { KIND, type SpanTable } from '../spans/span-table.ts';
import { type Plain, SpanAttributes } from './attributes.ts';
import { ResourceAttributes } from './resource.ts';
import { numberOf, objectsOf, textOf } from './untrusted.ts';

/** Before version 3; its UI saves it. */
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
  for (const trace of objectsOf(data)) {
    for (const span of objectsOf(trace.spans)) {
      const process = trace.processes?.[textOf(span.processID)];
      attributes.clear();
      let kind = 'internal';
      for (const { key, value } of objectsOf(span.tags)) {
        if (key === 'span.kind') kind = textOf(value);
        else if (typeof key === 'string' && typeof value !== 'object') attributes.take(key, value as Plain);
      }
      const parent = objectsOf(span.references).find(({ traceID }) => traceID === span.traceID);
      const resource = new ResourceAttributes();
      for (const { key, value } of objectsOf(process?.tags)) {
        if (typeof key === 'string' && typeof value !== 'object') resource.take(key, value as Plain);
      }
      const start = numberOf(span.startTime) / 1000;
      table.add({
        traceId: textOf(span.traceID).toLowerCase(),
        spanId: textOf(span.spanID),
        parentSpanId: textOf(parent?.spanID),
        ...resource.process,
        service: textOf(process?.serviceName) || 'unknown_service',
        name: textOf(span.operationName),
        kind: KIND[kind.toUpperCase() as keyof typeof KIND] ?? KIND.INTERNAL,
        start,
        end: start + numberOf(span.duration ?? 0) / 1000,
        failed: attributes.isFailed,
        errorType: attributes.errorType,
        target: attributes.target,
        attributes: attributes.known,
      });
      count++;
    }
  }
  return count;
}
