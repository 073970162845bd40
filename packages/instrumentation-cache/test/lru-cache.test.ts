import { setTimeout as delay } from 'node:timers/promises';
import { cacheInstrumentation } from '@foreshock/instrumentation-cache';
import { diag } from '@opentelemetry/api';
import { installed, recordSpans, shows, versionOf } from '@foreshock/testkit';
import type { LRUCache } from 'lru-cache';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { library } from './library.ts';

// Stampedes have their own tests; here they would be reported in other tests.
const recorded = recordSpans(cacheInstrumentation({ stampedeCallers: 1_000 }));
afterAll(() => recorded.stop());
beforeEach(() => recorded.clear());

/** What the span says of lookups in the process: attributes are all there is. */
async function counted(fn: () => unknown): Promise<Record<string, unknown>> {
  recorded.clear();
  await recorded.inSpan('caller', fn);
  const spans = recorded.spans();
  expect(spans.map(({ name }) => name)).toEqual(['caller']);
  return spans[0]!.attributes;
}

describe.each(
  [
    'lru-cache-7-13',
    'lru-cache-7',
    'lru-cache-8',
    'lru-cache-10-0',
    'lru-cache-10',
    'lru-cache-11-0',
    undefined,
  ].flatMap((alias) => [[alias, 'require'] as const, [alias, 'import'] as const]),
)('lru-cache %s by %s', async (alias, loader) => {
  const app = library('lru-cache', alias);
  afterAll(() => app.remove());
  const loaded = loader === 'import' ? await app.import() : app.require('lru-cache');
  const Cache: typeof LRUCache = loaded.LRUCache ?? loaded.default ?? loaded;
  // Since 10.3, as `forceFetch`.
  const hasMemo = 'memo' in Cache.prototype;

  it('counts hits and misses on the span that asked, and makes none', async () => {
    shows('lru-cache', ['attempt or hit', loader === 'import' ? 'ESM' : 'CJS'], versionOf(alias ?? 'lru-cache'));
    const cache = new Cache<string, number>({ max: 10, ttl: 1_000 });
    expect(
      await counted(async () => {
        expect(cache.get('a')).toBeUndefined();
        cache.set('a', 1);
        expect(cache.get('a')).toBe(1);
        await delay(1);
        expect(cache.get('a')).toBe(1);
        expect(cache.has('b')).toBe(false);
        expect(cache.peek('a')).toBe(1);
      }),
    ).toEqual({ 'cache.local.misses': 1, 'cache.local.hits': 2 });
  });

  it('counts exactly, however many and whenever the span ends', async () => {
    const cache = new Cache<string, number>({ max: 10 });
    cache.set('a', 1);
    expect(
      await counted(async () => {
        for (let i = 0; i < 1_000; i++) cache.get('a');
        await delay(1);
        for (let i = 0; i < 67; i++) cache.get('b');
        await delay(1);
      }),
    ).toEqual({ 'cache.local.hits': 1_000, 'cache.local.misses': 67 });
    // Ended in the same turn: what was written last is a multiple of 64.
    const attributes = await counted(() => {
      for (let i = 0; i < 64 * 3; i++) cache.get('a');
    });
    expect(attributes).toEqual({ 'cache.local.hits': 192 });
  });

  it('records a fetch that joined another one', async () => {
    const load = vi.fn<(key: string) => Promise<number>>(async (key) => {
      await delay(5);
      return key.length;
    });
    const cache = new Cache<string, number>({ max: 10, fetchMethod: load });
    expect(await counted(() => Promise.all([cache.fetch('ab'), cache.fetch('ab'), cache.fetch('ab')]))).toEqual({
      'cache.local.misses': 1,
      'cache.local.coalesced': 2,
    });
    expect(await counted(async () => expect(await cache.fetch('ab')).toBe(2))).toEqual({ 'cache.local.hits': 1 });
    expect(load).toHaveBeenCalledTimes(1);
    if (hasMemo) {
      expect(await counted(async () => expect(await cache.forceFetch('ab')).toBe(2))).toEqual({
        'cache.local.hits': 1,
      });
      expect(await counted(() => cache.forceFetch('abc'))).toEqual({ 'cache.local.misses': 1 });
    }
    // Without a way to load it is a `get`.
    const plain = new Cache<string, number>({ max: 10 });
    expect(await counted(() => plain.fetch('a'))).toEqual({ 'cache.local.misses': 1 });
  });

  it('counts a memo once, where there is one', async () => {
    if (!hasMemo) return;
    const cache: LRUCache<string, number> = new Cache<string, number>({ max: 10, memoMethod: (key) => key.length });
    expect(await counted(() => [cache.memo('ab'), cache.memo('ab')])).toEqual({
      'cache.local.misses': 1,
      'cache.local.hits': 1,
    });
  });

  it('changes nothing that the caller sees', async () => {
    const failing = new Cache<string, number>({
      max: 10,
      fetchMethod: async () => {
        throw new Error('no value');
      },
    });
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    try {
      // Vitest has a listener of its own, which would fail the run.
      const others = process.listeners('unhandledRejection').filter((listener) => listener !== note);
      for (const other of others) process.off('unhandledRejection', other);
      await counted(async () => {
        void failing.fetch('a');
        await delay(10);
      });
      for (const other of others) process.on('unhandledRejection', other);
    } finally {
      process.off('unhandledRejection', note);
    }
    expect(unhandled).toMatchObject([{ message: 'no value' }]);

    const cache = new Cache<string, number>({ max: 10, fetchMethod: async (key) => key.length });
    const options = { allowStale: true };
    const status: LRUCache.Status<string, number> = {} as never;
    await counted(() => Promise.all([cache.fetch('ab', options), cache.fetch('abc', { status })]));
    expect(options).toEqual({ allowStale: true });
    // Since 7.18.
    expect(status.fetch).toBe(alias === 'lru-cache-7-13' ? undefined : 'miss');
    expect([Cache.prototype.get.name, Cache.prototype.fetch.name]).toEqual(['get', 'fetch']);
  });

  it('leaves the options of the caller as they are, whatever they are', async () => {
    let loads = 0;
    const given: unknown[] = [];
    const cache = new Cache<string, number>({
      max: 10,
      fetchMethod: async (_key, _value, { options }) => {
        given.push(options.status);
        return ++loads;
      },
      memoMethod: (_key, _value, { options }) => {
        given.push(Object.keys(options));
        return ++loads;
      },
    });
    class Refreshing {
      readonly #always = true;
      asked = 0;
      get forceRefresh(): boolean {
        this.asked++;
        return this.#always;
      }
    }
    const inherited: { forceRefresh?: boolean } = Object.create({ forceRefresh: true });
    const refreshing = new Refreshing();
    await counted(async () => {
      expect(await cache.fetch('a', inherited)).toBe(1);
      expect(await cache.fetch('a', inherited)).toBe(2);
      expect(await cache.fetch('a', refreshing)).toBe(3);
      expect(await cache.fetch('a', refreshing)).toBe(4);
      expect(await cache.fetch('a')).toBe(4);
      if (!hasMemo) return;
      expect(cache.memo('b', inherited as {})).toBe(5);
      expect(cache.memo('b', inherited as {})).toBe(6);
    });
    expect(given.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined]);
    expect(given.slice(4).flat()).not.toContain('forceRefresh');
    expect(refreshing.asked).toBe(2);
  });

  it('distinguishes a forced refresh and a stale value from a hit', async () => {
    const cache = new Cache<string, number>({ max: 10, ttl: 1, fetchMethod: async () => 1, memoMethod: () => 2 });
    await cache.fetch('a');
    expect(await counted(() => cache.fetch('a', { forceRefresh: true }))).toEqual({ 'cache.local.misses': 1 });
    if (hasMemo) {
      expect(await counted(() => cache.memo('a', { forceRefresh: true }))).toEqual({ 'cache.local.misses': 1 });
    }
    await delay(10);
    expect(await counted(() => cache.fetch('a', { allowStale: true }))).toEqual({ 'cache.local.hits': 1 });
    await delay(10);
    expect(await counted(() => cache.fetch('a'))).toEqual({ 'cache.local.misses': 1 });
  });

  it('takes a key of any kind', async () => {
    const cache = new Cache<any, number>({ max: 10 });
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const keys = [circular, Symbol('k'), null, undefined, 'k'.repeat(1_000_000), NaN, () => {}];
    expect(await counted(() => keys.forEach((key) => cache.get(key)))).toEqual({ 'cache.local.misses': 7 });
  });
});

it('names a cache by its class in metrics, and passes through once disabled', async () => {
  const { LRUCache: Cache } = library('lru-cache', undefined).require('lru-cache') as typeof import('lru-cache');
  class Sessions extends Cache<string, number> {}
  const sessions = new Sessions({ max: 10 });
  sessions.set('a', 1);
  sessions.get('a');
  sessions.get('b');
  sessions.get('c');
  const lookups = async (): Promise<unknown[]> => {
    const metrics = await recorded.metrics();
    const points = metrics.find((metric) => metric.name === 'cache.lookups')?.points ?? [];
    return points
      .filter(({ attributes }) => attributes['cache.name'] === 'Sessions')
      .map(({ attributes, value }) => [attributes['cache.hit'], value]);
  };
  expect(await lookups()).toEqual([
    [true, 1],
    [false, 2],
  ]);
  const { get } = Cache.prototype;
  recorded.stop();
  expect(Cache.prototype.get).not.toBe(get);
  expect(sessions.get('a')).toBe(1);
});

it('says nothing of another version: it is some other package that needs it', async () => {
  const app = installed({ 'lru-cache': 'lru-cache-6' });
  const lines: unknown[] = [];
  const note = (...line: unknown[]): void => void lines.push(line);
  diag.setLogger({ error: note, warn: note, info: note, debug() {}, verbose() {} });
  const old = recordSpans(cacheInstrumentation());
  try {
    expect(new (app.require('lru-cache'))({ max: 1 }).get('a')).toBeUndefined();
    await delay(0);
  } finally {
    old.stop();
    diag.disable();
    app.remove();
  }
  expect(lines).toEqual([]);
});
