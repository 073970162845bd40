import { HandOver, report, type Adapter, type Hooks } from '@foreshock/kit';
import { cacheName } from '../../cache-name.ts';
import type { CacheEvents, LocalOutcome } from '../../events.ts';

/** From `LRUCache.unsafeExposeInternals`; 7's from the cache. */
interface Internals {
  keyMap: { get(key: unknown): number | undefined };
  valList: ArrayLike<unknown>;
  isStale(index: number | undefined): boolean;
  isBackgroundFetch(value: unknown): value is { __staleWhileFetching: unknown };
}

interface Cache {
  allowStale: boolean;
  fetchMethod?: unknown;
}

interface Lookup {
  cache: Cache;
  key: unknown;
  outcome: LocalOutcome;
}

interface LRUCacheClass {
  prototype: any;
  /** Since 8. */
  unsafeExposeInternals?(cache: Cache): Internals;
}

/** Of 7; of 8 to 10.0; since 10.1; since 11.1. */
const FOLDERS = ['dist/cjs', 'dist/mjs', 'dist/commonjs', 'dist/esm', 'dist/commonjs/node', 'dist/esm/node'];
const FILES = [
  'lru-cache/index.js',
  'lru-cache/index.mjs',
  ...FOLDERS.flatMap((folder) => ['index.js', 'index.min.js'].map((file) => `lru-cache/${folder}/${file}`)),
];

/**
 * lru-cache 7 to 11, without its channels (since 11.1): their `catch` hides unhandled rejections. A `status` option
 * would reach the application's `fetchMethod`, so outcomes are read beforehand.
 */
export const lruCache: Adapter<CacheEvents> = {
  library: 'lru-cache',
  versions: '>=7.13.0 <12',
  upstream: [],
  shows: ['attempt or hit'],
  summary: 'hits and misses of `get`, `fetch`, `memo`, and fetches that joined another, counted',
  isTransitive: true,
  attach(cache, hooks) {
    for (const file of FILES) hooks.onLoad(file, ({ exports }) => wrapCache(classOf(exports), cache, hooks));
  },
};

/** 7's export; the default of 8, and of 7's ES module. */
function classOf(exports: any): LRUCacheClass {
  return typeof exports === 'function' ? exports : (exports.LRUCache ?? exports.default);
}

function wrapCache(LRUCache: LRUCacheClass, cache: CacheEvents, hooks: Hooks): void {
  const internals = new WeakMap<Cache, Internals>();
  /** In 11.0 `fetch` and `memo` call `get`, `forceFetch` calls `fetch`, synchronously. */
  const seeking = new HandOver<Lookup>();
  const isSought = (it: object, key: unknown): boolean =>
    seeking.offered !== undefined && seeking.offered.cache === it && seeking.offered.key === key;

  const lookedUp = (it: object, key: unknown, outcome: LocalOutcome): void =>
    cache.lookup(it, cacheName(it, LRUCache, 'lru-cache'), key, outcome);
  const internalsOf = (it: Cache): Internals => {
    if (!LRUCache.unsafeExposeInternals) return it as unknown as Internals;
    let known = internals.get(it);
    if (!known) internals.set(it, (known = LRUCache.unsafeExposeInternals(it)));
    return known;
  };

  // By hand: a lookup takes 23 ns, `hooks.after` 20 ns more (bench/command.ts).
  hooks.wrap(LRUCache.prototype, 'get', (original) => {
    return function (this: object, key: unknown, options: unknown) {
      const value: unknown = original.call(this, key, options);
      try {
        if (hooks.active && !isSought(this, key)) lookedUp(this, key, value === undefined ? 'miss' : 'hit');
      } catch (error) {
        report('lru-cache get', error);
      }
      return value;
    };
  });
  hooks.wrap(LRUCache.prototype, 'set', (original) => {
    return function (this: object, key: unknown, value: unknown, options: unknown) {
      try {
        if (hooks.active) cache.filled(this, key);
      } catch (error) {
        report('lru-cache set', error);
      }
      return original.call(this, key, value, options);
    };
  });

  for (const method of ['fetch', 'forceFetch', 'memo']) {
    // The last two since 10.3.
    if (!(method in LRUCache.prototype)) continue;
    const count = ({ cache: it, key, outcome }: Lookup): void => lookedUp(it, key, outcome);
    hooks.calls(LRUCache.prototype, method, {
      begin(it: Cache, [key, options]): Lookup | undefined {
        if (isSought(it, key)) return undefined;
        return { cache: it, key, outcome: foreseen(it, internalsOf(it), key, options, method === 'memo') };
      },
      handOver: seeking,
      returned: count,
      failed: count,
    });
  }
}

/** `#fetch` in dist/commonjs/index.js; without side effects. */
function foreseen(cache: Cache, internals: Internals, key: unknown, options: unknown, isMemo: boolean): LocalOutcome {
  const { keyMap, valList } = internals;
  const index = keyMap.get(key);
  if (index === undefined) return 'miss';
  const value = valList[index];
  const mayBeStale = (): boolean => Boolean(optionOf(options, 'allowStale') ?? cache.allowStale);
  if (internals.isBackgroundFetch(value)) {
    if (value.__staleWhileFetching !== undefined && mayBeStale()) return 'hit';
    return isMemo || !cache.fetchMethod ? 'miss' : 'coalesced';
  }
  if (optionOf(options, 'forceRefresh')) return 'miss';
  return value !== undefined && (!internals.isStale(index) || mayBeStale()) ? 'hit' : 'miss';
}

/** Getters are not called: they may have side effects. */
function optionOf(options: unknown, name: string): unknown {
  let each = options;
  while (typeof each === 'object' && each !== null) {
    const property = Object.getOwnPropertyDescriptor(each, name);
    if (property) return property.value;
    each = Object.getPrototypeOf(each);
  }
  return undefined;
}
