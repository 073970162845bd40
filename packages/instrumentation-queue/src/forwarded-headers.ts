import type { Carrier } from './events.ts';
import { TRACE_LIFE } from './trace-life.ts';

/** Forwarded with the application's headers. */
const TRACES = ['traceparent', 'b3', 'x-b3-traceid', TRACE_LIFE] as const;

/** W3C, x-trace-id, B3. */
export const CONTEXT_NAMES = [
  ...TRACES,
  'tracestate',
  'baggage',
  'x-trace-id',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
] as const;

/** Another trace's headers, which would contradict. Without one, `baggage` is the application's. */
export function forwardedNames(headers: Readonly<Record<string, unknown>> | undefined, carrier: Carrier): string[] {
  if (!headers || !TRACES.some((name) => headers[name] !== undefined)) return [];
  return CONTEXT_NAMES.filter((name) => headers[name] !== undefined && !Object.hasOwn(carrier, name));
}
