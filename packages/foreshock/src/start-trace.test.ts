import { ROOT_CONTEXT, SpanKind, trace as api, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { withPendingRoot } from '@foreshock/kit';
import { channel } from 'node:diagnostics_channel';
import { performance } from 'node:perf_hooks';
import { AlwaysOnSampler, ParentBasedSampler } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DEFAULT_SPAN_LIMITS } from './tracer/span-limits.ts';
import type { RecordedSpan } from './tracer/span.ts';
import { ForeshockTracerProvider } from './tracer/tracer.ts';

// The class keeps the clock from its start: it is loaded with the fake one.
let steady = 0;
let StartTrace: typeof import('./start-trace.ts').StartTrace;
let Roots: typeof import('./roots.ts').Roots;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  steady = 1_000;
  vi.spyOn(performance, 'now').mockImplementation(() => steady);
  vi.resetModules();
  ({ StartTrace } = await import('./start-trace.ts'));
  ({ Roots } = await import('./roots.ts'));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A remote parent that was not sampled. */
const UNSAMPLED = api.setSpanContext(ROOT_CONTEXT, { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0 });

function advance(ms: number): void {
  steady += ms;
  vi.advanceTimersByTime(ms);
}

function started() {
  const ended: RecordedSpan[] = [];
  const trace = new StartTrace(() => provider.getTracer('foreshock'), 'shop');
  const roots = new Roots(trace);
  const provider: ForeshockTracerProvider = new ForeshockTracerProvider({
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanLimits: DEFAULT_SPAN_LIMITS,
    spanProcessors: [trace, roots, { onStart() {}, onEnd: (span) => ended.push(span) }],
    findRoot: (where, kind) => roots.above(where, kind),
    onUnrecorded: (kind) => trace.onUnrecorded(kind),
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
  ['request', SpanKind.SERVER],
  ['message', SpanKind.CONSUMER],
] as const)('is ready with the first %s, recorded or not, while its migrations still run', (by, kind) => {
  for (const where of [ROOT_CONTEXT, UNSAMPLED]) {
    const { ended, tracer, isBelowStart } = started();
    tracer.startSpan('migration').end();
    tracer.startSpan('first', { kind }, where).end();
    advance(4_000);
    expect(isBelowStart(tracer.startSpan('migration'))).toBe(true);
    advance(2_000);
    expect(isBelowStart(tracer.startSpan('later'))).toBe(false);
    const start = ended.find(({ name }) => name === 'start shop')!;
    expect(start.attributes).toMatchObject({ 'start.ready_by': by });
    expect(ended.filter(({ parentSpanContext }) => parentSpanContext === undefined)).toHaveLength(
      where === ROOT_CONTEXT ? 2 : 1,
    );
  }
});

/** Where a job runs; its root is made when a span starts below it. */
function jobOf(tracer: Tracer): Context {
  return withPendingRoot(ROOT_CONTEXT, { start: 'after', parent: () => tracer.startSpan('job', { root: true }) });
}

it('is ready with the first job, unless something of the start is under way', () => {
  const { ended, tracer, isBelowStart } = started();
  const migration = tracer.startSpan('migration');
  tracer.startSpan('beat', {}, jobOf(tracer)).end();
  advance(60_000);
  expect(isBelowStart(tracer.startSpan('statement'))).toBe(true);
  migration.end();
  expect(ended.some(({ name }) => name === 'start shop')).toBe(false);
  (tracer.startSpan('statement') as RecordedSpan).end();
});

it('is ready with the first job that runs beside nothing', () => {
  const { ended, tracer } = started();
  tracer.startSpan('migration').end();
  tracer.startSpan('relay', {}, jobOf(tracer)).end();
  expect(ended.find(({ name }) => name === 'start shop')!.attributes).toMatchObject({ 'start.ready_by': 'job' });
});
