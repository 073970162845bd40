import { setTimeout as delay } from 'node:timers/promises';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { cacheInstrumentation } from '@foreshock/instrumentation-cache';
import { recordSpans, startRedis, type ReceivedSpan, type Redis as Server } from '@foreshock/testkit';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

const recorded = recordSpans(
  cacheInstrumentation({ keyShape: (key) => (key === 'throw' ? fail() : key.split(':')[0]!) }),
);
// ES modules have to load after.
const { createCache } = await import('cache-manager');
const { LRUCache } = await import('lru-cache');
let server: Server;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  recorded.stop();
  await server.stop();
});
beforeEach(() => recorded.clear());

function fail(): never {
  throw new Error('no shape');
}

/** Ten callers at once who look, compute what is not there, and put it there. */
async function stampede(look: () => Promise<unknown>, fill: () => unknown): Promise<ReceivedSpan[]> {
  const { promise: allHaveLooked, resolve } = Promise.withResolvers<void>();
  let looked = 0;
  await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      recorded.inSpan(`caller ${i}`, async () => {
        const value = await look();
        if (++looked === 10) resolve();
        if (value != null) return;
        await allHaveLooked;
        await fill();
      }),
    ),
  );
  return recorded.spans();
}

function eventsOf(spans: readonly ReceivedSpan[]): unknown[] {
  return spans.flatMap((span) => span.events.map(({ name, attributes }) => ({ on: span.name, name, attributes })));
}

const event = (name: string, more: object = {}): unknown => ({
  on: expect.stringMatching(/^caller \d$/),
  name: 'cache.stampede',
  attributes: {
    'cache.name': name,
    'cache.key': 'user',
    'cache.stampede.callers': 10,
    'cache.stampede.duration_ms': expect.any(Number),
    'cache.coalesced': false,
    ...more,
  },
});

it('is reported for a key on a server, whichever connections its callers use', async () => {
  const clients = Array.from({ length: 3 }, () => new Redis(server.url));
  let next = 0;
  const client = (): Redis => clients[next++ % 3]!;
  const spans = await stampede(
    () => client().get('user:1'),
    () => client().set('user:1', 'x'),
  );
  clients.forEach((each) => each.disconnect());
  const together = spans.flatMap(({ attributes }) => attributes['cache.concurrent_misses'] ?? []);
  expect(together.map(Number).sort((a, b) => a - b)).toEqual([5, 6, 7, 8, 9, 10]);
  expect(eventsOf(spans)).toEqual([event(`${server.host}:${server.port}/${server.database}`)]);
});

it('is reported for a key that is filled by a pipeline or a transaction', async () => {
  const client = new Redis(server.url);
  for (const [key, fill] of [
    ['user:5', () => client.pipeline().set('user:5', 'x').expire('user:5', 60).exec()],
    ['user:6', () => client.multi().setex('user:6', 60, 'x').exec()],
  ] as const) {
    recorded.clear();
    const spans = await stampede(() => client.get(key), fill);
    expect(eventsOf(spans)).toEqual([event(`${server.host}:${server.port}/${server.database}`)]);
  }
  client.disconnect();
});

it('is none of a key that is never there, nor of one that is filled elsewhere', async () => {
  const client = new Redis(server.url);
  const waiting = await stampede(
    () => client.get('flag:1'),
    () => {},
  );
  expect(eventsOf(waiting)).toEqual([]);
  recorded.clear();
  const polling = await stampede(
    () => client.get('result:1'),
    () => context.with(ROOT_CONTEXT, () => recorded.inSpan('worker', () => client.set('result:1', 'x'))),
  );
  expect(eventsOf(polling)).toEqual([]);
  client.disconnect();
});

it('is reported for a field of a hash, and with node-redis', async () => {
  const client = createClient({ url: server.url });
  await client.connect();
  recorded.clear();
  const spans = await stampede(
    () => client.hGet('user:2', 'name'),
    () => client.hSet('user:2', 'name', 'x'),
  );
  client.destroy();
  expect(eventsOf(spans)).toEqual([event(`${server.host}:${server.port}/${server.database}`)]);
});

it('is reported for a cache in the process', async () => {
  const cache = new LRUCache<string, string>({ max: 10 });
  const spans = await stampede(
    async () => cache.get('user:1'),
    () => cache.set('user:1', 'x'),
  );
  expect(eventsOf(spans)).toEqual([event('lru-cache')]);

  recorded.clear();
  const managed = createCache();
  const others = await stampede(
    () => managed.get('user:1'),
    () => managed.set('user:1', 'x'),
  );
  expect(eventsOf(others)).toEqual([event('cache-manager')]);
});

it('says when the library let one of them compute for all', async () => {
  const cache = new LRUCache<string, string>({
    max: 10,
    fetchMethod: async () => {
      await delay(1_100);
      return 'x';
    },
  });
  const managed = createCache();
  const load = async (): Promise<string> => {
    await delay(1_100);
    return 'x';
  };
  const spans = await stampede(
    () => Promise.all([cache.fetch('user:1'), managed.wrap('user:1', load)]),
    () => {},
  );
  expect(eventsOf(spans)).toHaveLength(2);
  expect(eventsOf(spans)).toEqual(
    expect.arrayContaining([
      event('lru-cache', { 'cache.coalesced': true }),
      event('cache-manager', { 'cache.coalesced': true }),
    ]),
  );
});

it('shows what the user allows of a key, and nothing if that fails', async () => {
  const client = new Redis(server.url);
  await client.get('user:42:cart');
  await client.get('k'.repeat(100));
  await client.get('throw');
  client.disconnect();
  expect(recorded.spans().map((span) => span.attributes['db.query.text'])).toEqual([
    'GET user',
    `GET ${'k'.repeat(64)}`,
    'GET *',
  ]);
});
