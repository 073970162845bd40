/* A bulkhead that the resilience instrumentation watches too, by the same method, whichever comes last. */
import { setTimeout as sleep } from 'node:timers/promises';
import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import { resilienceInstrumentation } from '@foreshock/instrumentation-resilience';
import { recordSpans, waits } from '@foreshock/testkit';
import { expect, it } from 'vitest';

it.each([
  ['before', () => [poolInstrumentation(), resilienceInstrumentation()]],
  ['after', () => [resilienceInstrumentation(), poolInstrumentation()]],
])('each waits once, and for whom it waited, %s the resilience instrumentation', async (_, rooms) => {
  const recorded = recordSpans(rooms());
  const { bulkhead } = await import('cockatiel');
  const policy = bulkhead(1, 2);
  const cancelled = new AbortController();
  const call = (name: string, signal?: AbortSignal): Promise<unknown> =>
    recorded.inSpan(name, () => policy.execute(() => sleep(5), signal));
  const [first, second, third] = [call('first'), call('second', cancelled.signal), call('third')];
  const refused = call('refused');
  cancelled.abort();
  const outcomes = await Promise.allSettled([first, second, third, refused]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
  const byId = new Map(recorded.spans().map((span) => [span.spanId, span.name]));
  expect(
    waits(recorded).map((span) => [
      byId.get(span.parentSpanId),
      byId.get(span.links[0]?.spanId ?? ''),
      span.status.code,
    ]),
  ).toEqual([
    ['second', 'first', 'ERROR'],
    ['third', 'first', 'UNSET'],
  ]);
  expect(recorded.spans().filter(({ name }) => name.startsWith('bulkhead'))).toMatchObject([
    { name: 'bulkhead full', attributes: { 'pool.used': 1, 'pool.limit': 1 } },
  ]);
  recorded.stop();
});
