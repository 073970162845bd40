import { setTimeout as delay } from 'node:timers/promises';
import { cacheInstrumentation } from '@foreshock/instrumentation-cache';
import { installed, recordSpans, startRedis, type Redis } from '@foreshock/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { library } from './library.ts';
import { call, whole } from './spans.ts';

const recorded = recordSpans(cacheInstrumentation());
let server: Redis;
beforeAll(async () => void (server = await startRedis()));
afterAll(async () => {
  recorded.stop();
  await server.stop();
});

async function counted(fn: () => unknown): Promise<Record<string, unknown>> {
  recorded.clear();
  await recorded.inSpan('caller', fn);
  const spans = recorded.spans();
  expect(spans.map(({ name }) => name)).toEqual(['caller']);
  return spans[0]!.attributes;
}

describe.each(['keyv-4-0', 'keyv-4', 'keyv-5-0', 'keyv', 'keyv-6'])('%s', (alias) => {
  const app = installed({ keyv: alias });
  afterAll(() => app.remove());
  const loaded = app.require('keyv');
  const Keyv = loaded.Keyv ?? loaded;

  it('counts what is there, what is not, and what has expired', async () => {
    const cache = new Keyv();
    await cache.set('user:1', { expires: 5 });
    await cache.set('user:2', 'x', 1);
    await cache.set('user:3', 'x', 60_000);
    await delay(5);
    expect(
      await counted(async () => {
        expect(await cache.get('user:1')).toEqual({ expires: 5 });
        expect(await cache.get('user:2')).toBeUndefined();
        expect(await cache.get('user:3')).toBe('x');
        expect(await cache.get('user:4')).toBeUndefined();
      }),
    ).toEqual({ 'cache.local.hits': 2, 'cache.local.misses': 2 });
  });

  it('counts what the library finds, also while the key is being set', async () => {
    const cache = new Keyv();
    for (let steps = 0; steps < 12; steps++) {
      let found: unknown;
      const counts = await counted(async () => {
        const set = cache.set(`user:${steps}`, 'x');
        for (let i = 0; i < steps; i++) await Promise.resolve();
        found = await cache.get(`user:${steps}`);
        await set;
      });
      expect([steps, counts]).toEqual([steps, found ? { 'cache.local.hits': 1 } : { 'cache.local.misses': 1 }]);
    }
  });

  it('says nothing of the values of another serialization, unless the library does', async () => {
    const stringify = (value: unknown): string => `v1 ${JSON.stringify(value)}`;
    const parse = (text: string): unknown => JSON.parse(text.slice(3));
    const cache = new Keyv({ serialize: stringify, deserialize: parse, serialization: { stringify, parse } });
    await cache.set('user:1', 'x');
    expect(await counted(async () => expect(await cache.get('user:1')).toBe('x'))).toEqual(
      alias === 'keyv-6' ? { 'cache.local.hits': 1 } : {},
    );
  });

  it('leaves a cache of another library to that one', async () => {
    const { LRUCache } = library('lru-cache', undefined).require('lru-cache');
    const cache = new Keyv({ store: new LRUCache({ max: 10 }) });
    expect(
      await counted(async () => {
        await cache.set('user:1', 'x');
        expect(await cache.get('user:1')).toBe('x');
        expect(await cache.get('user:2')).toBeUndefined();
      }),
    ).toEqual({ 'cache.local.hits': 1, 'cache.local.misses': 1 });
  });

  it('reports a stampede on the span that filled the key', async () => {
    const cache = new Keyv({ namespace: 'profiles' });
    recorded.clear();
    await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        recorded.inSpan(`caller ${i}`, async () => {
          if ((await cache.get('user:1')) !== undefined) return;
          await delay(5);
          await cache.set('user:1', 'x');
        }),
      ),
    );
    const events = recorded.spans().flatMap((span) => span.events);
    expect(events.map(({ name, attributes }) => [name, attributes])).toEqual([
      [
        'cache.stampede',
        {
          'cache.name': 'profiles',
          'cache.key': 'user:*',
          'cache.stampede.callers': 6,
          'cache.stampede.duration_ms': expect.any(Number),
          'cache.coalesced': false,
        },
      ],
    ]);
  });
});

describe.each(['keyv-5-0', 'keyv', 'keyv-6'])('%s', (alias) => {
  const app = installed({ keyv: alias });
  afterAll(() => app.remove());
  const { Keyv } = app.require('keyv');

  it('counts each of several keys once, however they are asked for', async () => {
    const cache = new Keyv();
    await cache.set('user:1', 'x');
    const keys = ['user:1', 'user:2'];
    const once = { 'cache.local.hits': 1, 'cache.local.misses': 1 };
    expect(await counted(async () => expect(await cache.get(keys)).toEqual(['x', undefined]))).toEqual(once);
    if (!cache.getManyRaw) return;
    expect(await counted(() => cache.getMany(keys))).toEqual(once);
    expect(await counted(() => cache.getManyRaw(keys))).toEqual(once);
    expect(await counted(() => Promise.all(keys.map((key) => cache.getRaw(key))))).toEqual(once);
  });
});

it.each([
  ['keyv-4', 'keyv-redis-2'],
  ['keyv', '@keyv/redis'],
])('%s leaves the keys on a server to the client of %s', async (alias, storeAlias) => {
  const app = installed({ keyv: alias, '@keyv/redis': storeAlias });
  const [Keyv, Store] = ['keyv', '@keyv/redis'].map((name) => {
    const loaded = app.require(name);
    return loaded.default ?? loaded;
  });
  const cache = new Keyv({ store: new Store(server.url) });
  await cache.set('user:1', 'x');
  recorded.clear();
  await recorded.inSpan('caller', async () => {
    expect(await cache.get('user:1')).toBe('x');
  });
  await cache.disconnect();
  app.remove();
  const [get, caller] = recorded.spans();
  expect(whole(get!)).toEqual(
    call('GET', {
      'db.system.name': 'redis',
      'db.namespace': String(server.database),
      'db.operation.name': 'GET',
      'db.query.text': expect.stringMatching(/^GET /),
      'server.address': server.host,
      'server.port': server.port,
      'cache.hit': true,
    }),
  );
  expect(caller!.attributes).toEqual({});
});

it('leaves what a cache of cache-manager has to that adapter, which names it', async () => {
  const { require } = library('cache-manager', undefined);
  const { createCache } = require('cache-manager');
  const store = new (require('keyv').Keyv)();
  const cache = createCache({ cacheId: 'prices', stores: [store] });
  await cache.set('user:1', 'x');
  expect(await counted(() => [cache.get('user:1'), cache.get('user:2'), store.get('user:1')])).toEqual({
    'cache.local.hits': 2,
    'cache.local.misses': 1,
  });
});
