import { performance } from 'node:perf_hooks';
import { context, ROOT_CONTEXT, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AlwaysOffSampler, AlwaysOnSampler, type Sampler } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RecordedSpan } from './tracer/span.ts';

// The modules keep the clock from their start: they are loaded with the fake one.
let steady = 0;
let modules: typeof import('./roots.ts') & typeof import('./tracer/tracer.ts') & typeof import('@foreshock/kit');
let limits: typeof import('./tracer/span-limits.ts').DEFAULT_SPAN_LIMITS;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  steady = 1_000;
  vi.spyOn(performance, 'now').mockImplementation(() => steady);
  vi.resetModules();
  modules = {
    ...(await import('./roots.ts')),
    ...(await import('./tracer/tracer.ts')),
    ...(await import('@foreshock/kit')),
  };
  limits = (await import('./tracer/span-limits.ts')).DEFAULT_SPAN_LIMITS;
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterEach(() => {
  context.disable();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function advance(ms: number): void {
  steady += ms;
  vi.advanceTimersByTime(ms);
}

function opened(sampler: Sampler = new AlwaysOnSampler()) {
  const ended: RecordedSpan[] = [];
  const roots = new modules.Roots(undefined);
  const provider = new modules.ForeshockTracerProvider({
    sampler,
    parentBased: true,
    spanLimits: limits,
    spanProcessors: [roots, { onStart() {}, onEnd: (span) => ended.push(span) }],
    findRoot: (where, kind) => roots.above(where, kind),
  });
  const tracer = provider.getTracer('app');
  const run = (isRound = false, inMs = 0) => new (runClass(tracer))(isRound, inMs);
  return { ended, roots, tracer, run };
}

function runClass(tracer: Tracer) {
  return class Run extends modules.LazyRoot {
    get start(): 'after' {
      return 'after';
    }
    protected makeSpan(startTime: number): Span {
      return tracer.startSpan('run', { root: true, startTime }, ROOT_CONTEXT);
    }
  };
}

const names = (ended: RecordedSpan[]): string[] => ended.map(({ name }) => name);
const durationMs = ({ startTime, endTime }: RecordedSpan): number =>
  (endTime[0] - startTime[0]) * 1_000 + (endTime[1] - startTime[1]) / 1e6;

it('ends with its last span, when none has followed for five seconds', () => {
  const { ended, tracer, run } = opened();
  const where = run().context;
  tracer.startSpan('first', {}, where).end();
  advance(4_000);
  const long = tracer.startSpan('long', {}, where);
  advance(20_000);
  long.end();
  expect(names(ended)).toEqual(['first', 'long']);
  advance(10_000);
  expect(names(ended)).toEqual(['first', 'long', 'run']);
  expect(durationMs(ended[2]!)).toBeCloseTo(24_000, 0);
  expect(new Set(ended.map((span) => span.spanContext().traceId)).size).toBe(1);
  // What follows later is another run.
  tracer.startSpan('later', {}, where).end();
  advance(10_000);
  expect(names(ended).slice(3)).toEqual(['later', 'run']);
  expect(ended[3]!.spanContext().traceId).not.toBe(ended[0]!.spanContext().traceId);
});

it('begins when it was due, if that was before its first span', () => {
  const { ended, tracer, run, roots } = opened();
  const { context: where } = run(true, 100);
  steady += 130;
  tracer.startSpan('work', {}, where).end();
  roots.endAll();
  expect(durationMs(ended[1]!)).toBeCloseTo(30, 0);
});

it('is bounded, whatever goes on', () => {
  const { ended, tracer, run } = opened();
  const where = run().context;
  for (let i = 0; i < 700; i++) {
    tracer.startSpan('query', {}, where).end();
    advance(1_000);
  }
  expect(names(ended).filter((name) => name === 'run')).toHaveLength(1);
});

it('has no children once its loop has gone on for a minute', () => {
  const { ended, tracer, run } = opened();
  const round = run(true);
  tracer.startSpan('work', {}, round.context).end();
  round.ended();
  expect(names(ended)).toEqual(['work', 'run']);
  steady += 59_000;
  expect((tracer.startSpan('not waited for', {}, round.context) as RecordedSpan).parentSpanContext).toBeDefined();
  steady += 2_000;
  expect((tracer.startSpan('leaked', {}, round.context) as RecordedSpan).parentSpanContext).toBeUndefined();
});

it('decides once a run whether it is sampled', () => {
  const sampler = new AlwaysOffSampler();
  const asked = vi.spyOn(sampler, 'shouldSample');
  const { tracer, run } = opened(sampler);
  const where = run().context;
  for (let i = 0; i < 3; i++) tracer.startSpan('query', {}, where).end();
  expect(asked).toHaveBeenCalledOnce();
});

it('leaves what is under way at the end of the process to those who say so', () => {
  const { ended, roots, tracer, run } = opened();
  tracer.startSpan('open', {}, run().context);
  tracer.startSpan('done', {}, run().context).end();
  roots.endAll();
  expect(names(ended)).toEqual(['done', 'run']);
});

it('gives the context of a waiting function to it alone: its caller goes on in none', async () => {
  const { ended, tracer, run, roots } = opened();
  const wait = async (): Promise<void> => {
    const next = modules.nextRound(tracer, 0, () => run(true));
    if (next) modules.attach(next);
    await Promise.resolve();
  };
  const loop = async (name: string): Promise<void> => {
    for (let round = 1; round <= 4; round++) {
      await wait();
      tracer.startSpan(`${name} ${round}`).end();
    }
  };
  const parents = (): unknown[] => [...new Set(ended.map((span) => [span.name, span.parentSpanContext?.traceId]))];
  await new Promise<void>((resolve) => {
    setImmediate(async () => {
      await wait();
      const loops = [loop('a'), loop('b')];
      tracer.startSpan('beside').end();
      await Promise.all(loops);
      tracer.startSpan('after').end();
      resolve();
    });
  });
  roots.endAll();
  const isBelow = Object.fromEntries(
    (parents() as [string, unknown][]).map(([name, parent]) => [name, parent !== undefined]),
  );
  expect(isBelow).toEqual({
    beside: false,
    after: false,
    'a 1': false,
    'b 1': false,
    // Of b it is not known yet whether what waits is a loop, or calls one.
    'a 2': true,
    'b 2': false,
    'a 3': true,
    'b 3': true,
    'a 4': true,
    'b 4': true,
    run: false,
  });
  const traces = ['a 2', 'a 3', 'b 3', 'a 4', 'b 4'].map(
    (name) => ended.find((span) => span.name === name)!.spanContext().traceId,
  );
  expect(new Set(traces).size).toBe(5);
});

it('takes a handler that waits again and again for a loop', () => {
  const { tracer, run } = opened();
  const handler: Context = run().context;
  const waits = Array.from({ length: 5 }, () =>
    context.with(handler, () => modules.nextRound(tracer, 0, () => run(true)) !== undefined),
  );
  expect(waits).toEqual([false, false, false, true, true]);
});
