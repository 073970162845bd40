import { createContextKey, ROOT_CONTEXT, type Context } from '@opentelemetry/api';

const KEY = createContextKey('foreshock.x-trace-id');

export function xTraceIdOf(where: Context): string | undefined {
  return where === ROOT_CONTEXT ? undefined : (where.getValue(KEY) as string | undefined);
}

/** Only the propagator sets and validates it. */
export function withXTraceId(where: Context, text: string): Context {
  return where.setValue(KEY, text);
}
