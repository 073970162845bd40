import { setTimeout as delay } from 'node:timers/promises';
import { diag } from '@opentelemetry/api';
import { cacheInstrumentation } from '@foreshock/instrumentation-cache';
import { installed, recordSpans, shows, versionOf } from '@foreshock/testkit';
import { Keyv } from 'keyv';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { library } from './library.ts';

const recorded = recordSpans(cacheInstrumentation({ stampedeCallers: 1_000 }));
afterAll(() => recorded.stop());

/** As `@keyv/redis` is: everything is asked elsewhere. */
class Remote {
  readonly #values = new Map<string, unknown>();
  opts = {};
  get = async (key: string): Promise<unknown> => this.#values.get(key);
  set = async (key: string, value: unknown): Promise<void> => void this.#values.set(key, value);
  delete = async (key: string): Promise<boolean> => this.#values.delete(key);
  clear = async (): Promise<void> => this.#values.clear();
}

async function counted(fn: () => unknown): Promise<Record<string, unknown>> {
  recorded.clear();
  await recorded.inSpan('caller', fn);
  const spans = recorded.spans();
  expect(spans.map(({ name }) => name)).toEqual(['caller']);
  return spans[0]!.attributes;
}

describe.each([
  ['cache-manager-7-0', 'require'],
  ['cache-manager-7-0', 'import'],
  [undefined, 'require'],
  [undefined, 'import'],
] as const)('cache-manager %s by %s', async (alias, loader) => {
  const app = library('cache-manager', alias);
  afterAll(() => app.remove());
  const { createCache } = (
    loader === 'import' ? await app.import() : app.require('cache-manager')
  ) as typeof import('cache-manager');

  it('counts the lookups of its store in the process', async () => {
    shows(
      'cache-manager',
      ['attempt or hit', loader === 'import' ? 'ESM' : 'CJS'],
      versionOf(alias ?? 'cache-manager'),
    );
    const cache = createCache();
    expect(
      await counted(async () => {
        expect(await cache.get('user:1')).toBeUndefined();
        await cache.set('user:1', 'x', 60_000);
        expect(await cache.get('user:1')).toBe('x');
        vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_001 });
        onTestFinished(() => void vi.useRealTimers());
        expect(await cache.get('user:1')).toBeUndefined();
        await cache.set('user:1', 'x');
        expect(await cache.mget(['user:1', 'user:2'])).toEqual(['x', undefined]);
      }),
    ).toEqual({ 'cache.local.misses': 3, 'cache.local.hits': 2 });
  });

  it('records callers of wrap that joined another one', async () => {
    const cache = createCache();
    let loads = 0;
    const load = async (): Promise<string> => {
      loads++;
      await delay(5);
      return 'x';
    };
    const wrap = (): Promise<string> => cache.wrap('user:1', load);
    expect(
      await counted(async () => expect(await Promise.all([wrap(), wrap(), wrap()])).toEqual(['x', 'x', 'x'])),
    ).toEqual({ 'cache.local.misses': 1, 'cache.local.coalesced': 2 });
    expect(await counted(wrap)).toEqual({ 'cache.local.hits': 1 });
    expect(loads).toBe(1);
    await expect(
      cache.wrap('user:2', async () => {
        throw new Error('no value');
      }),
    ).rejects.toThrow('no value');
  });

  it.each([
    ['in the process', undefined, 'stale'],
    [
      'on a server, where another process may have refreshed them',
      () => [new Keyv({ store: new Remote() })],
      undefined,
    ],
  ])('says that values are old while their refresh fails: %s', async (_, stores, stale) => {
    const feature = stale && 'prices';
    const options = { cacheId: 'prices', ttl: 60_000, refreshThreshold: 120_000 };
    const cache = createCache({ ...options, ...(stores && { stores: stores() as never }) });
    const refreshed = (): Promise<unknown> =>
      new Promise((resolve) => {
        const listener = (event: unknown): void => {
          cache.off('refresh', listener);
          resolve(event);
        };
        cache.on('refresh', listener);
      });
    const degradedIn = async (load: () => Promise<string>): Promise<unknown> => {
      const over = refreshed();
      const { 'degraded.mode': mode, 'degraded.feature': feature } = await counted(() => cache.wrap('apple', load));
      await over;
      return [mode, feature];
    };
    const works = async (): Promise<string> => '3';
    const fails = async (): Promise<string> => {
      throw new Error('no prices');
    };
    await cache.set('apple', '2');
    // Whether it fails is not known yet.
    expect(await degradedIn(fails)).toEqual([undefined, undefined]);
    expect(await degradedIn(fails)).toEqual([stale, feature]);
    expect((await counted(() => cache.get('pear')))['degraded.mode']).toBeUndefined();
    expect(await degradedIn(works)).toEqual([stale, feature]);
    expect(await degradedIn(works)).toEqual([undefined, undefined]);
  });

  it('counts each caller where it is', async () => {
    const cache = createCache();
    await cache.set('user:1', 'x');
    recorded.clear();
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        recorded.inSpan(`caller ${i}`, async () => {
          await cache.get('user:1');
          if (i % 2) await cache.get('user:2');
        }),
      ),
    );
    for (const span of recorded.spans()) {
      const odd = Number(span.name.split(' ')[1]) % 2 === 1;
      expect(span.attributes).toEqual({ 'cache.local.hits': 1, ...(odd && { 'cache.local.misses': 1 }) });
    }
  });

  it('leaves a store on a server to that client, and counts the one before it', async () => {
    const near = new Keyv({ namespace: 'near' });
    const cache = createCache({ stores: [near, new Keyv({ store: new Remote() })] as never });
    expect(
      await counted(async () => {
        await cache.get('user:1');
        await cache.set('user:1', 'x');
        await cache.get('user:1');
      }),
    ).toEqual({ 'cache.local.misses': 1, 'cache.local.hits': 1 });
    // A store in two caches is counted once.
    const other = createCache({ stores: [near] as never });
    expect(await counted(() => other.get('user:1'))).toEqual({ 'cache.local.hits': 1 });
  });
});

it('adds its handlers to a store once, however many caches there are over it', async () => {
  const { createCache } = library('cache-manager', undefined).require(
    'cache-manager',
  ) as typeof import('cache-manager');
  const store = new Keyv({ namespace: 'shared' });
  const caches = Array.from({ length: 100 }, () => createCache({ stores: [store] as never }));
  const handlers = store.hooks.handlers as unknown as Map<string, unknown[]>;
  expect([...handlers.values()].map((each) => each.length)).toEqual([2, 2, 1, 1]);
  await store.set('user:1', 'x');
  expect(await counted(() => Promise.all([caches[7]!.get('user:1'), caches[8]!.wrap('user:1', () => 'y')]))).toEqual({
    'cache.local.hits': 2,
  });
});

it('counts misses over a Keyv that does not report them', async () => {
  const { createCache } = library('cache-manager', undefined).require(
    'cache-manager',
  ) as typeof import('cache-manager');
  const app = installed({ keyv: 'keyv-5-0' });
  onTestFinished(() => app.remove());
  const cache = createCache({ stores: [new (app.require('keyv').Keyv)()] as never });
  await cache.set('user:1', 'x');
  expect(await counted(() => [cache.get('user:1'), cache.get('user:2')])).toEqual({
    'cache.local.hits': 1,
    'cache.local.misses': 1,
  });
});

it('leaves a store alone whose hooks it does not know, without a word', async () => {
  const { createCache } = library('cache-manager', undefined).require(
    'cache-manager',
  ) as typeof import('cache-manager');
  const lines: unknown[] = [];
  const note = (...line: unknown[]): void => void lines.push(line);
  diag.setLogger({ error: note, warn: note, info: note, debug() {}, verbose() {} });
  const app = installed({ keyv: 'keyv-6' });
  const store = new (app.require('keyv').Keyv)();
  const cache = createCache({ stores: [store] as never });
  // keyv's own adapter counts it.
  expect(await counted(() => cache.wrap('user:1', () => 'y'))).toEqual({ 'cache.local.misses': 1 });
  expect(await cache.get('user:1')).toBe('y');
  diag.disable();
  app.remove();
  expect(lines).toEqual([]);
});

it('names a cache as the application does', async () => {
  const { createCache } = library('cache-manager', undefined).require(
    'cache-manager',
  ) as typeof import('cache-manager');
  await createCache({ cacheId: 'profiles' }).get('a');
  await createCache({ stores: [new Keyv({ namespace: 'prices' })] as never }).get('a');
  const metrics = await recorded.metrics();
  const points = metrics.find((metric) => metric.name === 'cache.lookups')!.points;
  const names = new Set(points.map(({ attributes }) => attributes['cache.name']));
  expect(names).toEqual(new Set(['cache-manager', 'keyv', 'near', 'profiles', 'prices', 'shared']));
});
