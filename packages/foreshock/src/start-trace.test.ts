import { SpanKind, TraceFlags, type Span } from '@opentelemetry/api';
import { channel } from 'node:diagnostics_channel';
import { performance } from 'node:perf_hooks';
import { AlwaysOnSampler } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DEFAULT_SPAN_LIMITS, type RecordedSpan } from './tracer/span.ts';
import { ForeshockTracerProvider } from './tracer/tracer.ts';

// The class keeps the clock from its start: it is loaded with the fake one.
let steady = 0;
let StartTrace: typeof import('./start-trace.ts').StartTrace;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  steady = 1_000;
  vi.spyOn(performance, 'now').mockImplementation(() => steady);
  vi.resetModules();
  ({ StartTrace } = await import('./start-trace.ts'));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function advance(ms: number): void {
  steady += ms;
  vi.advanceTimersByTime(ms);
}

function started() {
  const ended: RecordedSpan[] = [];
  const trace = new StartTrace(() => provider.getTracer('foreshock'), 'shop');
  const provider: ForeshockTracerProvider = new ForeshockTracerProvider({
    sampler: new AlwaysOnSampler(),
    spanLimits: DEFAULT_SPAN_LIMITS,
    spanProcessors: [trace, { onStart() {}, onEnd: (span) => ended.push(span) }],
    findRoot: () => trace.parent(),
  });
  const tracer = provider.getTracer('app');
  const isBelowStart = (span: Span): boolean => (span as RecordedSpan).parentSpanContext !== undefined;
  return { ended, trace, tracer, provider, isBelowStart };
}

it('ends when nothing more comes, at what came last, while nothing of it is under way', () => {
  const { ended, tracer, isBelowStart } = started();
  const long = tracer.startSpan('migration');
  advance(120_000);
  expect(ended).toEqual([]);
  long.end();
  advance(29_000);
  expect(ended.map(({ name }) => name)).toEqual(['migration']);
  advance(60_000);
  expect(ended.map(({ name }) => name)).toEqual(['migration', 'start shop']);
  expect(isBelowStart(tracer.startSpan('later'))).toBe(false);
});

it('is bounded, whatever goes on', () => {
  const { ended, tracer } = started();
  for (let i = 0; i < 70; i++) {
    tracer.startSpan('query').end();
    advance(10_000);
  }
  expect(ended.filter(({ name }) => name === 'start shop')).toHaveLength(1);
  expect(ended.at(-1)!.parentSpanContext).toBeUndefined();
});

it('takes what follows at once when a server listens, and nothing after that', () => {
  const { ended, tracer, isBelowStart } = started();
  channel('tracing:net.server.listen:asyncEnd').publish({ server: {} });
  advance(1_000);
  expect(isBelowStart(tracer.startSpan('migration'))).toBe(true);
  expect(ended.map(({ name, attributes }) => [name, attributes['start.ready_by']])).toEqual([
    ['start shop', 'listening'],
  ]);
  advance(10_000);
  expect(isBelowStart(tracer.startSpan('poll'))).toBe(false);
});

it.each([
  [
    'request',
    (tracer: ReturnType<typeof started>['tracer']) => tracer.startSpan('GET', { kind: SpanKind.SERVER, root: true }),
  ],
  [
    'message',
    (tracer: ReturnType<typeof started>['tracer']) =>
      tracer.startSpan('process', { kind: SpanKind.CONSUMER, root: true }),
  ],
])('is over with the first %s', (by, begin) => {
  const { ended, tracer, isBelowStart } = started();
  tracer.startSpan('migration').end();
  begin(tracer);
  expect(ended.map(({ name, attributes }) => [name, attributes['start.ready_by']])).toEqual([
    ['migration', undefined],
    ['start shop', by],
  ]);
  expect(isBelowStart(tracer.startSpan('later'))).toBe(false);
  expect(ended.every((span) => (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0)).toBe(true);
});

it('is over with the first job, unless something of it is under way', () => {
  const { ended, provider, tracer, isBelowStart } = started();
  const jobs = provider.getTracer('@foreshock/instrumentation-schedule');
  const migration = tracer.startSpan('migration');
  jobs.startSpan('job heartbeat', { root: true }).end();
  const statement = tracer.startSpan('statement');
  expect(isBelowStart(statement)).toBe(true);
  statement.end();
  migration.end();
  jobs.startSpan('job relay', { root: true }).end();
  expect(ended.find(({ name }) => name === 'start shop')!.attributes).toMatchObject({ 'start.ready_by': 'job' });
  expect(isBelowStart(tracer.startSpan('later'))).toBe(false);
});
