import { fileURLToPath } from 'node:url';
import {
  runFixture,
  startCollector,
  startPostgres,
  startRedis,
  type FixtureExit,
  type ReceivedSpan,
} from '@foreshock/testkit';
import { beforeAll, expect, it } from 'vitest';

let spans: ReceivedSpan[];
let ended: FixtureExit;
beforeAll(async () => {
  const [collector, postgres, redis] = await Promise.all([startCollector(), startPostgres(), startRedis()]);
  const fixture = fileURLToPath(new URL('./fixtures/plain-messages.mjs', import.meta.url));
  // A busy machine blocks its event loop, which would be reported.
  const env = { DATABASE_URL: postgres.url, REDIS_URL: redis.url };
  ended = await (await runFixture(fixture, { collector, env })).exited;
  spans = [...collector.spans];
  await Promise.all([collector.close(), postgres.stop(), redis.stop()]);
});

it('runs as without us', () => {
  expect([ended.code, ended.stderr]).toEqual([0, '']);
});

it.each([
  ['ioredis', 'redis', 'news:*'],
  ['redis', 'redis', 'news:*'],
  ['pg', 'postgresql', 'news'],
  ['events', 'bullmq', 'plain'],
  ['list', 'redis', 'news:*'],
  ['stream', 'redis', undefined],
])('has a trace for what a message without one sets off: %s', (kind, system, destination) => {
  // Before a loop has waited twice, it cannot be distinguished from its caller.
  for (const name of [`${kind} 2`, `${kind} 3`]) {
    const { traceId } = spans.find((span) => span.name === name)!;
    const [root, ...others] = spans.filter((span) => span.traceId === traceId && span.parentSpanId === '');
    expect(others).toEqual([]);
    expect(root).toMatchObject({ name: destination ? `process ${destination}` : 'process', kind: 'CONSUMER' });
    expect(root!.attributes).toEqual({
      'messaging.system': system,
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      ...(destination && { 'messaging.destination.name': destination }),
    });
    const below = spans.filter((span) => span.traceId === traceId && span !== root);
    expect(below.map((span) => span.name)).toEqual([name, `${name}, second`]);
    expect(below.every(({ parentSpanId }) => parentSpanId === root!.spanId)).toBe(true);
  }
});

it('is no parent of what goes on beside a loop', () => {
  const start = spans.find(({ name }) => name.startsWith('start '))!;
  const sent = spans.filter(({ name }) => name === 'NOTIFY news' || name === 'LPUSH');
  expect(sent.map(({ traceId }) => traceId)).toEqual(sent.map(() => start.traceId));
  expect(sent).toHaveLength(6);
});
