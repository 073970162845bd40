import type { Span, Tracer } from '@opentelemetry/api';
import type { WatchedLibrary } from './record.ts';

/** As in the kit, which would load the API. */
const OWN = Symbol.for('foreshock.own');

type AnyTracer = Tracer & { start?: (...args: unknown[]) => Span };

/** Counts the recorded spans of `telemetry.tracer`. */
export function countSpans(telemetry: { readonly tracer: Tracer }, library: WatchedLibrary): void {
  const read = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(telemetry), 'tracer')?.get;
  if (!read) return;
  const made = new WeakMap<object, Tracer>();
  Object.defineProperty(telemetry, 'tracer', {
    configurable: true,
    get() {
      const tracer = read.call(telemetry) as AnyTracer;
      let counting = made.get(tracer);
      if (!counting) made.set(tracer, (counting = countingTracer(tracer, library)));
      return counting;
    },
  });
}

function countingTracer(tracer: AnyTracer, library: WatchedLibrary): Tracer {
  const counted = (span: Span): Span => {
    if (span.isRecording()) library.spans++;
    return span;
  };
  return {
    ...(OWN in tracer && {
      [OWN]: true,
      start: (...args: unknown[]) => counted(tracer.start!(...args)),
    }),
    startSpan: (...args: Parameters<Tracer['startSpan']>) => counted(tracer.startSpan(...args)),
    startActiveSpan: (...args: unknown[]) => (tracer.startActiveSpan as (...args: unknown[]) => unknown)(...args),
  } as Tracer;
}
