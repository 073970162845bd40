import { randomBytes } from 'node:crypto';
import type { Attributes, HrTime } from '@opentelemetry/api';
import { SpanEncoder } from './encode/span-encoder.ts';
import type { FinishedSpan } from './finished-span.ts';
import type { RecordBatch } from './otlp-request.ts';
import { HEADER_BYTES, RESOURCE, SCOPE, SPAN, writeHeader } from './records.ts';

/** Made while the main thread is blocked. */
export interface SingleSpan {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly endMs: number;
  /** Default: a new trace. */
  readonly parent?: { readonly traceId: string; readonly spanId: string } | undefined;
  readonly attributes: Attributes;
}

// `TraceFlags.SAMPLED`, `SpanKind.INTERNAL` and `SpanStatusCode.UNSET`: the thread has no copy of the API.
const SAMPLED = 1;
const INTERNAL = 0;
const UNSET = 0;

const MAX_BYTES = 64 * 1024;
const NUMBER = 0;

export function batchOf(span: SingleSpan, resource: Attributes): RecordBatch {
  const encoder = new SpanEncoder();
  const bytes = Buffer.alloc(MAX_BYTES);
  const finished = finishedSpan(span);
  let end = 0;
  const write = (type: number, scope: number, encode: (at: number) => number): void => {
    const from = end + HEADER_BYTES;
    const to = encode(from);
    if (to === -1) throw new RangeError('the span is too large');
    writeHeader(bytes, end, type, to - from, scope, NUMBER);
    end = to;
  };
  write(RESOURCE, 0, (at) => encoder.encodeResource(resource, bytes, at));
  write(SCOPE, 1, (at) => encoder.encodeScope(finished.instrumentationScope, bytes, at));
  write(SPAN, 1, (at) => encoder.encode(finished, bytes, at, MAX_BYTES - at));
  return { bytes, number: NUMBER, start: 0, end, spans: 1 };
}

function finishedSpan({ name, startMs, endMs, parent, attributes }: SingleSpan): FinishedSpan {
  const context = {
    traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    traceFlags: SAMPLED,
  };
  return {
    name,
    kind: INTERNAL,
    spanContext: () => context,
    parentSpanContext: parent && { ...parent, traceFlags: SAMPLED },
    startTime: hrTime(startMs),
    endTime: hrTime(endMs),
    status: { code: UNSET },
    attributes,
    links: [],
    events: [],
    instrumentationScope: { name: 'foreshock' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
