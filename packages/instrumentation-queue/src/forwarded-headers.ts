import type { Carrier } from './events.ts';
import { TRACE_LIFE } from './trace-life.ts';

/** Headers that name a trace; an application that forwards the headers of a message forwards them, too. */
const TRACES = ['traceparent', 'b3', 'x-b3-traceid', TRACE_LIFE] as const;

/** All that belongs to a trace: W3C, x-trace-id, B3. */
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

/**
 * What of another trace is in headers that the application gives, and is to be left out beside `carrier`: half of
 * one trace and half of another contradict each other. Without a trace in them, `baggage` is the application's own.
 */
export function forwardedNames(headers: Readonly<Record<string, unknown>> | undefined, carrier: Carrier): string[] {
  if (!headers || !TRACES.some((name) => headers[name] !== undefined)) return [];
  return CONTEXT.filter((name) => headers[name] !== undefined && !Object.hasOwn(carrier, name));
}
