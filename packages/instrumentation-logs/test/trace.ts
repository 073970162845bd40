import { context, ROOT_CONTEXT, trace, type SpanContext } from '@opentelemetry/api';
import { withXTraceId } from '@foreshock/kit';

export const SPAN: SpanContext = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
};

/** What a line within {@link SPAN} has. */
export const FIELDS = { trace_id: SPAN.traceId, span_id: SPAN.spanId, trace_flags: '01' };

/** Runs `fn` within {@link SPAN}, or one that differs from it. */
export function inTrace<T>(fn: () => T, span: Partial<SpanContext> = {}, xTraceId?: string): T {
  const where = trace.setSpanContext(ROOT_CONTEXT, { ...SPAN, ...span });
  return context.with(xTraceId === undefined ? where : withXTraceId(where, xTraceId), fn);
}
