import {
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  type HrTime,
  type MeterProvider as ApiMeterProvider,
  type Span,
  type TracerProvider as ApiTracerProvider,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  DataPointType,
  MeterProvider,
  MetricReader,
  type Histogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { TracerProvider, type ReadableSpan, type Sampler, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { withoutRepeatedPeer, type MetricPoint, type ReceivedMetric, type ReceivedSpan } from './received-span.ts';

export interface RecordedInstrumentation {
  enable(): void;
  disable(): void;
  setTracerProvider(provider: ApiTracerProvider): void;
  setMeterProvider(provider: ApiMeterProvider): void;
}

export interface RecordOptions {
  spanProcessors?: SpanProcessor[];
  /** Default: every span. */
  sampler?: Sampler;
}

export interface Recorded {
  /** The instrumentation's provider. */
  readonly tracerProvider: TracerProvider;
  /** In order. */
  spans(): ReceivedSpan[];
  metrics(): Promise<ReceivedMetric[]>;
  /** Runs `fn` in a new span until the result settles. */
  inSpan<T>(name: string, fn: (span: Span) => T): T;
  clear(): void;
  stop(): void;
}

/** Enables instrumentations with an in-memory SDK, and sets a context manager. */
export function recordSpans(
  instrumentation: RecordedInstrumentation | readonly RecordedInstrumentation[],
  options: RecordOptions = {},
): Recorded {
  followContexts();
  const ended: ReadableSpan[] = [];
  const memory: SpanProcessor = {
    onStart() {},
    onEnd: (span) => void ended.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const tracerProvider = new TracerProvider({
    spanProcessors: [...(options.spanProcessors ?? []), memory],
    ...(options.sampler && { sampler: options.sampler }),
  });
  const reader = new ManualReader();
  const meterProvider = new MeterProvider({ readers: [reader] });
  const tracer = tracerProvider.getTracer('test');
  const instrumentations = [instrumentation].flat();
  for (const each of instrumentations) {
    each.setTracerProvider(tracerProvider);
    each.setMeterProvider(meterProvider);
    each.enable();
  }
  return {
    tracerProvider,
    spans: () => ended.map(receivedSpanOf),
    async metrics() {
      const { resourceMetrics, errors } = await reader.collect();
      if (errors.length > 0) throw new AggregateError(errors, 'collecting metrics failed');
      const { resource } = resourceMetrics;
      return resourceMetrics.scopeMetrics.flatMap(({ scope, metrics }) =>
        metrics.map((metric) => receivedMetricOf(metric, { ...resource.attributes }, scope.name)),
      );
    },
    inSpan: (name, fn) => inSpan(tracer.startSpan(name), fn),
    clear() {
      ended.length = 0;
    },
    stop() {
      for (const each of instrumentations) each.disable();
      void meterProvider.shutdown();
    },
  };
}

let following = false;

/** A second context manager would make `diag` log an error. */
function followContexts(): void {
  if (following) return;
  following = true;
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
}

class ManualReader extends MetricReader {
  protected async onShutdown(): Promise<void> {}
  protected async onForceFlush(): Promise<void> {}
}

function inSpan<T>(span: Span, fn: (span: Span) => T): T {
  return context.with(trace.setSpan(context.active(), span), () => {
    let result: T;
    try {
      result = fn(span);
    } catch (error) {
      span.end();
      throw error;
    }
    if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') {
      span.end();
      return result;
    }
    return Promise.resolve(result).finally(() => span.end()) as T;
  });
}

function receivedSpanOf(span: ReadableSpan): ReceivedSpan {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const parent = span.parentSpanContext;
  return {
    traceId,
    spanId,
    parentSpanId: parent?.spanId ?? '',
    name: span.name,
    kind: SpanKind[span.kind] as ReceivedSpan['kind'],
    startTime: milliseconds(span.startTime),
    endTime: milliseconds(span.endTime),
    durationMs: milliseconds(span.duration),
    attributes: withoutRepeatedPeer({ ...span.attributes }),
    events: span.events.map(({ name, time, attributes }) => ({
      name,
      time: milliseconds(time),
      attributes: { ...attributes },
    })),
    links: span.links.map((link) => ({
      traceId: link.context.traceId,
      spanId: link.context.spanId,
      attributes: { ...link.attributes },
    })),
    status: {
      code: SpanStatusCode[span.status.code] as ReceivedSpan['status']['code'],
      ...(span.status.message && { message: span.status.message }),
    },
    // As `buildSpanFlagsFrom` of @opentelemetry/otlp-transformer.
    flags: traceFlags | 0x100 | (parent?.isRemote ? 0x200 : 0),
    traceState: traceState?.serialize() ?? '',
    resource: { ...span.resource.attributes },
    scope: span.instrumentationScope.name,
    dropped: {
      attributes: span.droppedAttributesCount,
      events: span.droppedEventsCount,
      links: span.droppedLinksCount,
    },
  };
}

const METRIC_TYPES = {
  [DataPointType.GAUGE]: 'gauge',
  [DataPointType.SUM]: 'sum',
  [DataPointType.HISTOGRAM]: 'histogram',
  [DataPointType.EXPONENTIAL_HISTOGRAM]: 'exponentialHistogram',
} as const;

function receivedMetricOf(metric: MetricData, resource: Record<string, unknown>, scope: string): ReceivedMetric {
  const { name, description, unit } = metric.descriptor;
  return {
    name,
    description,
    unit,
    type: METRIC_TYPES[metric.dataPointType],
    points: metric.dataPoints.map(({ attributes, value }): MetricPoint => {
      if (typeof value === 'number') return { attributes: { ...attributes }, value };
      const { count, sum, min, max, buckets } = value as Histogram;
      return {
        attributes: { ...attributes },
        count,
        ...(sum !== undefined && { sum }),
        ...(min !== undefined && { min }),
        ...(max !== undefined && { max }),
        bounds: buckets.boundaries ?? [],
        buckets: buckets.counts ?? [],
      };
    }),
    resource,
    scope,
  };
}

function milliseconds([seconds, nanoseconds]: HrTime): number {
  return (seconds * 1_000_000 + Math.floor(nanoseconds / 1_000)) / 1_000;
}
