import { fileURLToPath } from 'node:url';
import {
  runFixture,
  startCollector,
  startPostgres,
  startRedis,
  type Collector,
  type FixtureExit,
  type ReceivedSpan,
} from '@foreshock/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROUNDS = 20;
let collector: Collector;
let spans: ReceivedSpan[];
let ended: FixtureExit;
beforeAll(async () => {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  collector = await startCollector();
  const app = await runFixture(fileURLToPath(new URL('./fixtures/orders.mjs', import.meta.url)), {
    collector,
    env: {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      QUEUE: `orders-${process.pid}-${Date.now()}`,
      OTEL_SERVICE_NAME: 'orders',
      ROUNDS: String(ROUNDS),
    },
  });
  const { port } = await app.ready;
  for (let i = 0; i < ROUNDS; i++) {
    await (await fetch(`http://127.0.0.1:${port}/orders`, { method: 'POST' })).text();
  }
  ended = await app.exited;
  spans = [...collector.spans];
  await Promise.all([postgres.stop(), redis.stop()]);
});
afterAll(() => collector.close());

/** Begun by a request, a message, a job or the start. */
const isBegun = (root: ReceivedSpan): boolean =>
  root.kind === 'SERVER' || root.kind === 'CONSUMER' || /^(?:job|start) /.test(root.name);

it('runs as without us', () => {
  // cron itself logs a run that is late.
  expect([ended.code, ended.stderr]).toEqual([0, expect.not.stringContaining('foreshock: ')]);
});

it('has next to no trace without a request, and next to no span outside of those with one', () => {
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === '');
  const strays = roots.filter((root) => !isBegun(root));
  const begun = new Set(roots.filter(isBegun).map(({ traceId }) => traceId));
  const names = [...new Set(strays.map(({ name, scope }) => `${scope} ${name}`))];
  // With the names, so that what is left can be read when this fails.
  const share = strays.length / roots.length;
  expect({ isSmall: share < 0.02, share, names }).toEqual({ isSmall: true, share, names });
  const below = spans.filter(({ traceId }) => begun.has(traceId));
  expect(below.length / spans.length).toBeGreaterThanOrEqual(0.98);
});

it('has the migrations below the start, the relay and the report below their jobs', () => {
  const rootOf = (span: ReceivedSpan) =>
    spans.find(({ traceId, parentSpanId }) => traceId === span.traceId && parentSpanId === '')!;
  const rootsOf = (text: string) =>
    new Set(
      spans
        .filter(({ attributes }) => String(attributes['db.query.text']).startsWith(text))
        .map((span) => rootOf(span).name),
    );
  expect(rootsOf('CREATE TABLE')).toEqual(new Set(['start orders']));
  expect(rootsOf('UPDATE outbox')).toEqual(new Set(['job relayOutbox']));
  expect(rootsOf('INSERT INTO reports')).toEqual(new Set(['job countOrders']));
  expect(rootsOf('INSERT INTO outbox')).toEqual(new Set(['POST /orders']));
  expect(spans.some(({ name }) => name === 'job every 5 ms')).toBe(false);
});

it('has a wait for a pool in the trace of the query that waited', () => {
  const waits = spans.filter(({ name }) => name.startsWith('pool.acquire'));
  expect(waits.length).toBeGreaterThan(0);
  for (const wait of waits) {
    const siblings = spans.filter(
      ({ traceId, parentSpanId }) => traceId === wait.traceId && parentSpanId === wait.parentSpanId,
    );
    expect(siblings.some(({ attributes }) => attributes['db.system.name'] === 'postgresql')).toBe(true);
  }
});
