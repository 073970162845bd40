import type { Carrier } from './events.ts';
import { TRACE_LIFE } from './trace-life.ts';

/** Applications that forward headers also forward these. */
const TRACES = ['traceparent', 'b3', 'x-b3-traceid', TRACE_LIFE] as const;

/** Headers of W3C, x-trace-id and B3. */
const CONTEXT = [
  ...TRACES,
  'tracestate',
  'baggage',
  'x-trace-id',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
] as const;

/** Headers of another trace to omit, which would contradict. Without one, `baggage` is the application's own. */
export function forwardedNames(headers: Readonly<Record<string, unknown>> | undefined, carrier: Carrier): string[] {
  if (!headers || !TRACES.some((name) => headers[name] !== undefined)) return [];
  return CONTEXT.filter((name) => headers[name] !== undefined && !Object.hasOwn(carrier, name));
}
