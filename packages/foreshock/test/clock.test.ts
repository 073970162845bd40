import { fileURLToPath } from 'node:url';
import { runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.close());

const HOUR = 3_600_000;
/** Of the clocks that are compared; ms. */
const ROUNDING = 0.1;

it.each([
  ['is set back', -HOUR],
  ['is set forward', HOUR],
  ['is replaced', 0],
])('spans have true times while the clock %s', async (what, ahead) => {
  collector.clear();
  const app = await runFixture(new URL('./fixtures/clock.cjs', import.meta.url), {
    nodeArgs: ['--require', fileURLToPath(new URL('./fixtures/settable-clock.cjs', import.meta.url))],
    args: [what],
    collector,
  });
  const { code, stdout, stderr } = await app.exited;
  expect([code, stderr]).toEqual([0, '']);
  const { startedAt, least, childLeast, most } = JSON.parse(stdout);
  const [open, another, child] = ['open', 'another', 'child'].map((name) =>
    collector.spans.find((span) => span.name === name)!,
  );

  expect(open!.durationMs).toBeGreaterThanOrEqual(least - ROUNDING);
  expect(open!.durationMs).toBeLessThanOrEqual(most + ROUNDING);
  expect(child!.durationMs).toBeGreaterThanOrEqual(childLeast - ROUNDING);
  expect(child!.startTime).toBeGreaterThanOrEqual(open!.startTime);
  expect(child!.endTime).toBeLessThanOrEqual(open!.endTime);
  const [late] = open!.events;
  expect(late!.time).toBeGreaterThanOrEqual(open!.startTime);
  expect(late!.time).toBeLessThanOrEqual(open!.endTime);
  // A trace that begins afterwards goes by the clock as it is now: never far from it, and never by one that is a fake.
  const anotherAt = another!.startTime - startedAt - ahead;
  expect(anotherAt).toBeGreaterThanOrEqual(-2);
  expect(anotherAt).toBeLessThanOrEqual(most + 2);
});
