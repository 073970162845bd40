import type { SpanContext } from '@opentelemetry/api';

/** Values match `[A-Za-z0-9._:-]`: unescaped in JSON. */
export interface LineFields {
  trace_id?: string;
  span_id?: string;
  trace_flags?: string;
  x_trace_id?: string;
}

/** Safe in JSON without escapes, even if the propagator changes. */
const PLAIN = /^[\w.:-]{1,128}$/;

/** Names: OpenTelemetry's "Trace Context in non-OTLP Log Formats". */
export function lineFields({ traceId, spanId, traceFlags }: SpanContext, xTraceId: string | undefined): LineFields {
  const flags = (traceFlags < 16 ? '0' : '') + traceFlags.toString(16);
  const given = ownXTraceId(traceId, xTraceId);
  if (given === undefined) return { trace_id: traceId, span_id: spanId, trace_flags: flags };
  return { trace_id: traceId, span_id: spanId, trace_flags: flags, x_trace_id: given };
}

/** Undefined where it says nothing new. */
export function ownXTraceId(traceId: string, given: string | undefined): string | undefined {
  return given !== undefined && given !== traceId && PLAIN.test(given) ? given : undefined;
}
