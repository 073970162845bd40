import type { SpanTable } from '../spans/span-table.ts';
import type { SpanProcess } from '../spans/span-input.ts';
import { type Plain, SpanAttributes } from './attributes.ts';
import { addMark } from './marks.ts';
import { ResourceAttributes } from './resource.ts';
import { numberOf } from './untrusted.ts';

/** Optional, as files are untrusted. */
interface Value {
  stringValue?: string;
  intValue?: string | number;
  doubleValue?: number | string;
  boolValue?: boolean;
}

interface Pair {
  key?: string;
  value?: Value;
}

interface Span {
  traceId?: string;
  spanId?: string;
  parentSpanId?: string;
  name?: string;
  kind?: number | string;
  startTimeUnixNano?: string | number;
  endTimeUnixNano?: string | number;
  attributes?: Pair[];
  events?: { name?: string; timeUnixNano?: string | number; attributes?: Pair[] }[];
  links?: { traceId?: string }[];
  status?: { code?: number | string };
}

interface Request {
  resourceSpans?: {
    resource?: { attributes?: Pair[] };
    scopeSpans?: { spans?: Span[] }[];
    /** `scopeSpans` before OTLP 0.15. */
    instrumentationLibrarySpans?: { spans?: Span[] }[];
  }[];
}

/** Whether a JSON value is an `ExportTraceServiceRequest`. */
export function isOtlp(value: unknown): value is Request {
  return typeof value === 'object' && value !== null && Array.isArray((value as Request).resourceSpans);
}

export function readOtlp(request: Request, table: SpanTable): number {
  const attributes = new SpanAttributes(table.strings);
  let count = 0;
  for (const resourceSpans of list(request.resourceSpans)) {
    const of = resourceOf(resourceSpans?.resource);
    const scopes = resourceSpans?.scopeSpans ?? resourceSpans?.instrumentationLibrarySpans;
    for (const scope of list(scopes)) {
      for (const span of list(scope?.spans)) {
        if (typeof span !== 'object' || span === null) continue;
        readSpan(span, of, attributes, table);
        count++;
      }
    }
  }
  return count;
}

export function resourceOf(resource: { attributes?: Pair[] } | undefined): SpanProcess {
  const attributes = new ResourceAttributes();
  for (const pair of list(resource?.attributes)) {
    const value = plain(pair?.value);
    if (value !== undefined && typeof pair.key === 'string') attributes.take(pair.key, value);
  }
  return attributes.process;
}

function readSpan(span: Span, of: SpanProcess, attributes: SpanAttributes, table: SpanTable): void {
  attributes.clear();
  for (const pair of list(span.attributes)) {
    const value = plain(pair?.value);
    if (value !== undefined && typeof pair.key === 'string') attributes.take(pair.key, value);
  }
  const links = readLinks(span, table);
  attributes.known.links = links;
  const row = table.add({
    traceId: text(span.traceId).toLowerCase(),
    spanId: text(span.spanId),
    parentSpanId: text(span.parentSpanId),
    ...of,
    name: text(span.name),
    kind: typeof span.kind === 'string' ? KINDS.indexOf(span.kind) : numberOf(span.kind),
    start: milliseconds(span.startTimeUnixNano),
    end: milliseconds(span.endTimeUnixNano),
    failed: span.status?.code === 2 || span.status?.code === 'STATUS_CODE_ERROR' || attributes.isFailed,
    errorType: attributes.errorType,
    target: attributes.target,
    attributes: attributes.known,
  });
  if (row >= 0) readMarks(span, row, table);
}

const KINDS = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
];

/** A batch may link a thousand messages. */
const MOST_LINKS = 8;

function readLinks(span: Span, table: SpanTable): number[] | undefined {
  if (!Array.isArray(span.links) || span.links.length === 0) return undefined;
  const linked = span.links.slice(0, MOST_LINKS).filter((link) => typeof link?.traceId === 'string' && link.traceId);
  return linked.map(({ traceId }) => table.traceNumber(traceId!.slice(0, 64).toLowerCase()));
}

function readMarks(span: Span, row: number, table: SpanTable): void {
  for (const event of list(span.events)) {
    if (typeof event?.name !== 'string') continue;
    const values: Record<string, Plain> = {};
    for (const pair of list(event.attributes)) {
      const value = plain(pair?.value);
      if (value !== undefined && typeof pair.key === 'string')
        values[pair.key] = typeof value === 'string' ? value.slice(0, 256) : value;
    }
    addMark(table, { row, name: event.name, at: milliseconds(event.timeUnixNano), values });
  }
}

function plain(value: Value | undefined): Plain | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (typeof value.stringValue === 'string') return value.stringValue;
  if (value.intValue !== undefined) return numberOf(value.intValue);
  if (value.doubleValue !== undefined) return numberOf(value.doubleValue);
  if (typeof value.boolValue === 'boolean') return value.boolValue;
  return undefined;
}

/** Unix nanoseconds as milliseconds; NaN if invalid. */
export function milliseconds(nanoseconds: string | number | undefined): number {
  if (typeof nanoseconds === 'number') return nanoseconds / 1e6;
  if (typeof nanoseconds !== 'string' || nanoseconds.length > 20) return Number.NaN;
  // The whole exceeds 2^53.
  const cut = nanoseconds.length - 6;
  if (cut <= 0) return Number(nanoseconds) / 1e6;
  return Number(nanoseconds.slice(0, cut)) + Number(nanoseconds.slice(cut)) / 1e6;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function list<T>(value: T[] | undefined): T[] {
  return Array.isArray(value) ? value : [];
}
