import { createContextKey, type Context } from '@opentelemetry/api';

const KEY = createContextKey('foreshock.x-trace-id');

/** The caller's original `x-trace-id` text, travelling beside the trace; undefined when none came in. */
export function xTraceIdOf(where: Context): string | undefined {
  return where.getValue(KEY) as string | undefined;
}

/** A context that carries the caller's original `x-trace-id` text; only the propagator sets it, and checks it. */
export function withXTraceId(where: Context, text: string): Context {
  return where.setValue(KEY, text);
}
