/* More than one copy of cockatiel in a process, as two dependencies bring them: each is watched, none twice. */
import { resilienceInstrumentation } from '@foreshock/instrumentation-resilience';
import { installed, recordSpans } from '@foreshock/testkit';
import { afterAll, beforeEach, expect, it } from 'vitest';

const recorded = recordSpans(resilienceInstrumentation());
const apps = [installed({ cockatiel: 'cockatiel-3' }), installed({ cockatiel: 'cockatiel' })];
beforeEach(() => recorded.clear());
afterAll(() => {
  recorded.stop();
  for (const app of apps) app.remove();
});

const [oldest, newest] = apps.map((app) => app.require('cockatiel')) as [any, any];

function isolated({ circuitBreaker, ConsecutiveBreaker, handleAll }: any): any {
  const policy = circuitBreaker(handleAll, { halfOpenAfter: 3_600_000, breaker: new ConsecutiveBreaker(1) });
  policy.isolate();
  return policy;
}

/** Kind and name of the parent of each span but the callers'. */
function seen(): unknown[] {
  const spans = recorded.spans();
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  return spans
    .filter(({ scope }) => scope !== 'test')
    .map(({ name, parentSpanId, attributes }) => [names.get(parentSpanId), name, attributes['fallback.reason']]);
}

it('watches each copy, once', async () => {
  for (const [name, library] of Object.entries({ oldest, newest })) {
    await recorded.inSpan(name, () =>
      isolated(library)
        .execute(() => 'charged')
        .catch(() => {}),
    );
  }
  expect(seen()).toEqual([
    ['oldest', 'breaker open', undefined],
    ['newest', 'breaker open', undefined],
  ]);
});

it.each([
  ['of the other', oldest, newest],
  ['the other way round', newest, oldest],
])("a fallback of one copy around a breaker's refusal %s", async (_, outer, inner) => {
  const breaker = isolated(inner);
  const policy = outer.fallback(outer.handleAll, 'later');
  const answer = await recorded.inSpan('caller', () => policy.execute(() => breaker.execute(() => 'charged')));
  expect(answer).toBe('later');
  expect(seen()).toEqual([
    ['caller', 'breaker open', undefined],
    ['caller', 'fallback', 'IsolatedCircuitError'],
  ]);
});

it('a retry of one copy around a breaker of the other: attempts counted, each refusal shown', async () => {
  const breaker = isolated(newest);
  const policy = oldest.retry(oldest.handleAll, { maxAttempts: 2, backoff: new oldest.ConstantBackoff(1) });
  await recorded.inSpan('caller', () => policy.execute(() => breaker.execute(() => 'charged')).catch(() => {}));
  const caller = recorded.spans().find(({ name }) => name === 'caller')!;
  expect(caller.events).toMatchObject([
    {
      name: 'retry.summary',
      attributes: { 'retry.policy': 'cockatiel', 'retry.attempts': 3, 'retry.outcome': 'failure' },
    },
  ]);
  expect(seen()).toEqual(Array.from({ length: 3 }, () => ['caller', 'breaker open', undefined]));
});
