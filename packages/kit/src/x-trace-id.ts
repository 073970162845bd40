import { createContextKey, type Context } from '@opentelemetry/api';

const KEY = createContextKey('foreshock.x-trace-id');

export function xTraceIdOf(where: Context): string | undefined {
  return where.getValue(KEY) as string | undefined;
}

/** Validated by the propagator. */
export function withXTraceId(where: Context, text: string): Context {
  return where.setValue(KEY, text);
}
