import { recordSpans, type Recorded } from '@foreshock/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { scheduleInstrumentation } from '../src/index.ts';

let recorded: Recorded;
beforeEach(() => {
  recorded = recordSpans(scheduleInstrumentation());
});
afterEach(() => recorded.stop());

const work = (name: string): void => recorded.tracerProvider.getTracer('app').startSpan(name).end();
/** Runs it once, by an interval. */
function once(fn: () => unknown): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(
      Object.defineProperty(
        async () => {
          clearInterval(timer);
          await fn();
          setImmediate(resolve);
        },
        'name',
        { value: 'once' },
      ),
      1,
    );
  });
}

it('makes one root a run with the SDK’s tracer too, and none of an idle run', async () => {
  await once(() => {});
  await once(async () => {
    work('first');
    await Promise.resolve();
    work('second');
  });
  const spans = recorded.spans();
  const [job, ...others] = spans.filter(({ name }) => name === 'job once');
  expect(others).toEqual([]);
  expect(job).toMatchObject({ parentSpanId: '', attributes: { 'job.system': 'timers', 'code.function.name': 'once' } });
  expect(spans.filter(({ parentSpanId }) => parentSpanId === job!.spanId).map(({ name }) => name)).toEqual([
    'first',
    'second',
  ]);
  expect(spans).toHaveLength(3);
});
