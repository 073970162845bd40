import { isSpanContextValid, trace, type Context, type SpanContext } from '@opentelemetry/api';
import { KNOWS_COMMON } from './common-attributes.ts';

/** The span context in force, if it is a valid one; our own tracer makes no others, so its are not looked at. */
export function spanContextOf(where: Context): SpanContext | undefined {
  const span = trace.getSpan(where);
  if (!span) return undefined;
  const spanContext = span.spanContext();
  return KNOWS_COMMON in span || isSpanContextValid(spanContext) ? spanContext : undefined;
}
