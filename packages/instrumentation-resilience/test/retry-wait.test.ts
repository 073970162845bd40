import { createRequire } from 'node:module';
import { resilienceInstrumentation } from '@foreshock/instrumentation-resilience';
import { recordSpans } from '@foreshock/testkit';
import { afterAll, expect, it } from 'vitest';

const recorded = recordSpans(resilienceInstrumentation());
afterAll(() => recorded.stop());
const retry = createRequire(import.meta.url)('async-retry');

it('a wait for the next attempt has an event at its begin', async () => {
  let secondAt = 0;
  await recorded.inSpan('order', () =>
    retry(
      (_bail: unknown, attempt: number) => {
        secondAt = Date.now();
        if (attempt > 1) return;
        throw new Error('not yet');
      },
      { minTimeout: 150, randomize: false },
    ),
  );
  const [wait] = recorded.spans()[0]!.events;
  expect(wait).toMatchObject({
    name: 'retry.wait',
    attributes: { 'retry.attempt': 2, 'retry.policy': 'async-retry', 'retry.delay_ms': expect.any(Number) },
  });
  expect(wait!.attributes['retry.delay_ms']).toBeGreaterThanOrEqual(149);
  // Before the wait, not after it.
  expect(secondAt - wait!.time).toBeGreaterThan(140);
});
