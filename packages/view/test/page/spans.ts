import { randomBytes } from 'node:crypto';

/** A span as a test gives it: what it does not say is usual. */
export interface MadeSpan {
  name: string;
  /** Its place in the list; none is a root. */
  parent?: number;
  /** Milliseconds after the trace's begin. */
  at?: number;
  ms?: number;
  isError?: boolean;
  attributes?: Record<string, string | number>;
}

/** One trace in OTLP's JSON, from just now. */
export function otlpTrace(made: readonly MadeSpan[], service: string, traceId = newId(16)): string {
  const ids = made.map(() => newId(8));
  const begin = Date.now() - 1_000;
  const spans = made.map(({ name, parent, at = 0, ms = 10, isError = false, attributes = {} }, i) => ({
    traceId,
    spanId: ids[i],
    ...(parent === undefined ? {} : { parentSpanId: ids[parent] }),
    name,
    kind: parent === undefined ? 2 : 1,
    startTimeUnixNano: nanoseconds(begin + at),
    endTimeUnixNano: nanoseconds(begin + at + ms),
    attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) })),
    status: isError ? { code: 2, message: String(attributes['message'] ?? '') } : {},
  }));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
}

export function newId(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

function valueOf(value: string | number): object {
  return typeof value === 'number' ? { doubleValue: value } : { stringValue: value };
}

function nanoseconds(ms: number): string {
  return `${Math.trunc(ms)}${String(Math.round((ms % 1) * 1e6)).padStart(6, '0')}`;
}
