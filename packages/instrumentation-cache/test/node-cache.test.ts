import { setTimeout as delay } from 'node:timers/promises';
import { cacheInstrumentation } from '@foreshock/instrumentation-cache';
import { installed, recordSpans } from '@foreshock/testkit';
import { afterAll, describe, expect, it, vi } from 'vitest';

const caches = cacheInstrumentation();
const recorded = recordSpans(caches);
afterAll(() => recorded.stop());

async function counted(fn: () => unknown): Promise<Record<string, unknown>> {
  recorded.clear();
  await recorded.inSpan('caller', fn);
  const spans = recorded.spans();
  expect(spans.map(({ name }) => name)).toEqual(['caller']);
  return spans[0]!.attributes;
}

describe.each(['node-cache-2-0', 'node-cache'])('%s', (alias) => {
  const app = installed({ 'node-cache': alias });
  afterAll(() => app.remove());
  const NodeCache = app.require('node-cache');
  const isNew = alias === 'node-cache';

  it('counts what is there, what is not, and what has expired', async () => {
    const cache = new NodeCache({ checkperiod: 0 });
    cache.set('user:1', null);
    cache.set(7, 'x', 0.001);
    await delay(5);
    expect(
      await counted(() => [cache.get('user:1'), cache.get('user:2'), cache.get(7), cache.keys(), cache.ttl('user:1')]),
    ).toEqual({ 'cache.local.hits': 1, 'cache.local.misses': 2 });
    expect(cache.getStats()).toMatchObject({ hits: 1, misses: 2 });
  });

  it('counts a key that the library refuses nowhere, and those before it', async () => {
    const cache = new NodeCache();
    cache.set('user:1', 'x');
    const refused = Object.create(null);
    expect(
      await counted(() => {
        expect(() => cache.get(refused)).toThrow(Error);
        expect(() => cache.mget(['user:1', 'user:2', refused, 'user:1'])).toThrow(Error);
        const given = isNew ? undefined : expect.any(Error);
        try {
          expect(cache.mget('user:1')).toEqual(given);
        } catch (error) {
          expect(error).toMatchObject({ name: 'EKEYSTYPE' });
        }
      }),
    ).toEqual({ 'cache.local.hits': 1, 'cache.local.misses': 1 });
  });

  it('gives what the library gives, also to caches from before it was disabled and enabled again', async () => {
    caches.disable();
    const usual = Object.getOwnPropertyDescriptors(NodeCache.prototype);
    caches.enable();
    const cache = new NodeCache({ useClones: false });
    for (const name of ['get', 'mget', 'set']) {
      const { value: plain, ...descriptor } = usual[name]!;
      const { value: ours, ...kept } = Object.getOwnPropertyDescriptor(NodeCache.prototype, name)!;
      expect(ours).not.toBe(plain);
      expect([ours.name, ours.length, kept]).toEqual([plain.name, plain.length, descriptor]);
    }
    const value = {};
    const look = (): unknown[] => [cache.set('user:1', value), cache.get('user:1'), cache.mget(['user:1'])];
    caches.disable();
    expect(await counted(look)).toEqual({});
    caches.enable();
    expect(
      await counted(() => {
        const [set, got, several] = look();
        expect(set).toBe(true);
        expect(got).toBe(value);
        expect((several as Record<string, unknown>)['user:1']).toBe(value);
      }),
    ).toEqual({ 'cache.local.hits': 2 });
  });

  it('reports a stampede on the span that filled the key', async () => {
    const cache = new (class Profiles extends NodeCache {})();
    recorded.clear();
    await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        recorded.inSpan(`caller ${i}`, async () => {
          if (isNew ? cache.get('user:1') === undefined : cache.get('user:1') instanceof Error) {
            await delay(5);
            cache.set('user:1', 'x');
          }
        }),
      ),
    );
    const events = recorded.spans().flatMap((span) => span.events);
    expect(events.map(({ name, attributes }) => [name, attributes])).toEqual([
      [
        'cache.stampede',
        {
          'cache.name': 'Profiles',
          'cache.key': 'user:*',
          'cache.stampede.callers': 6,
          'cache.stampede.duration_ms': expect.any(Number),
          'cache.coalesced': false,
        },
      ],
    ]);
  });
});

describe('node-cache 5', () => {
  const app = installed({ 'node-cache': 'node-cache' });
  afterAll(() => app.remove());
  const NodeCache = app.require('node-cache');

  it('counts an expired value that is kept as found, as the library does', async () => {
    const cache = new NodeCache({ checkperiod: 0, deleteOnExpire: false });
    cache.set('user:1', 'x', 0.001);
    await delay(5);
    expect(await counted(() => expect(cache.get('user:1')).toBe('x'))).toEqual({ 'cache.local.hits': 1 });
  });

  it('counts `take` once, and calls back as the library does', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const cache = new NodeCache({ enableLegacyCallbacks: true });
    warn.mockRestore();
    cache.mset([{ key: 'user:1', val: 'x' }]);
    const called = vi.fn<(...args: unknown[]) => void>();
    expect(await counted(() => cache.get('user:1', called))).toEqual({ 'cache.local.hits': 1 });
    expect(called.mock.calls).toEqual([[null, 'x']]);
    expect(await counted(() => [cache.take('user:1'), cache.take('user:1')])).toEqual({
      'cache.local.hits': 1,
      'cache.local.misses': 1,
    });
  });
});
