import { performance } from 'node:perf_hooks';
import { recordSpans } from '@foreshock/testkit';
import type { Telemetry } from '@foreshock/kit';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { scheduleInstrumentation } from './index.ts';
import type { JobRun } from './job-run.ts';

// The module keeps the clock from its start: it is loaded with the fake one.
let steady = 1_000;
let Run: typeof JobRun;
beforeEach(async () => {
  steady = 1_000;
  vi.spyOn(performance, 'now').mockImplementation(() => steady);
  vi.resetModules();
  ({ JobRun: Run } = await import('./job-run.ts'));
});
afterEach(() => vi.restoreAllMocks());

function run(name?: string, givenName?: string) {
  const recorded = recordSpans(scheduleInstrumentation({ libraries: () => false }));
  const telemetry = { library: 'toy', tracer: recorded.tracerProvider.getTracer('toy') } as unknown as Telemetry;
  const job = new Run(
    telemetry,
    () => ({ name, functionName: 'bound tick', schedule: 'daily' }),
    0,
    givenName,
    undefined,
    () => {},
  );
  return { job, recorded };
}

it('has children for a minute after its end, also when the first comes only then, and none later', () => {
  const { job, recorded } = run();
  steady += 10;
  job.ended();
  steady += 59_000;
  const span = job.parent();
  expect(span).toBeDefined();
  expect(job.parent()).toBe(span);
  expect(recorded.spans()).toMatchObject([{ name: 'job tick', parentSpanId: '', durationMs: expect.closeTo(10, 3) }]);
  steady += 2_000;
  expect(job.parent()).toBeUndefined();
});

it('never makes a span when nothing is traced in it', () => {
  const { job, recorded } = run('mine');
  job.ended({ thrown: new Error('nobody sees it') });
  expect(recorded.spans()).toEqual([]);
});

it('has the user’s own name of the job, also when only the run around it knows it', () => {
  const { job, recorded } = run(undefined, 'month end');
  job.parent();
  job.ended();
  expect(recorded.spans().map(({ name }) => name)).toEqual(['job month end']);
});
