import type { Meter, MeterProvider, Span, Tracer, TracerProvider } from '@opentelemetry/api';

export interface BrokenTelemetry {
  /** What throws. */
  what: string;
  tracerProvider: TracerProvider;
  meterProvider: MeterProvider;
}

function broken(): never {
  throw new Error('telemetry is broken');
}

/** All writing methods throw. */
const brokenSpan = (span: Span): Span =>
  new Proxy(span, {
    get(target, key) {
      const value = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return key === 'spanContext' || key === 'isRecording' ? value.bind(target) : broken;
    },
  });

const instrument = { add: broken, record: broken, addCallback: () => {}, removeCallback: () => {} };

const brokenMeters: MeterProvider = {
  getMeter: () =>
    new Proxy({} as Meter, {
      get: (_target, key) => (String(key).startsWith('create') ? () => instrument : () => {}),
    }),
};

/** One that cannot start spans, one that fails later. */
export function brokenTelemetry(real: TracerProvider): BrokenTelemetry[] {
  const providerOf = (startSpan: (tracer: Tracer) => Tracer['startSpan']): TracerProvider => ({
    getTracer(...args) {
      const tracer = real.getTracer(...args);
      return { startSpan: startSpan(tracer), startActiveSpan: broken };
    },
  });
  return [
    { what: 'startSpan throws', tracerProvider: providerOf(() => broken), meterProvider: brokenMeters },
    {
      what: 'each method of a span throws',
      tracerProvider: providerOf(
        (tracer) =>
          (...args) =>
            brokenSpan(tracer.startSpan(...args)),
      ),
      meterProvider: brokenMeters,
    },
  ];
}
