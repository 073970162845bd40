import { HandOver, type Adapter, type Hooks } from '@foreshock/kit';
import type { CacheEvents, LocalOutcome } from '../../events.ts';

/** What `LRUCache.unsafeExposeInternals` gives of a cache, as far as it is read here. */
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

/** A `fetch` or `memo`, and what it will find. */
interface Lookup {
  cache: Cache;
  key: unknown;
  outcome: LocalOutcome;
}

interface LRUCacheClass {
  prototype: any;
  unsafeExposeInternals(cache: Cache): Internals;
}

/** Files by version and by the conditions of `exports`. */
const FILES = ['commonjs', 'esm'].flatMap((format) =>
  ['', 'node/'].flatMap((platform) =>
    ['index.js', 'index.min.js'].map((file) => `lru-cache/dist/${format}/${platform}${file}`),
  ),
);

/**
 * lru-cache 11.
 *
 * Its channels are not used. `lru-cache` (tracing, around `fetch`) attaches a `catch` to the promise that the caller
 * gets, so a rejection that nobody handles is never reported; `lru-cache:metrics` tells of every `set`, `has` and
 * `delete` too; 11.0 has neither. Nor is a `status` put into the caller's options, which go on to his own `fetchMethod`:
 * `get` says by its value whether it hit, and what `fetch` and `memo` will find is seen before they look.
 */
export const lruCache: Adapter<CacheEvents> = {
  library: 'lru-cache',
  versions: '>=11.0.0 <12',
  upstream: [],
  shows: ['attempt or hit'],
  summary: 'hits and misses of `get`, `fetch`, `memo`, and fetches that joined another, counted',
  isTransitive: true,
  attach(cache, hooks) {
    for (const file of FILES) hooks.onLoad(file, ({ exports }) => wrapCache(exports.LRUCache, cache, hooks));
  },
};

function wrapCache(LRUCache: LRUCacheClass, cache: CacheEvents, hooks: Hooks): void {
  const internals = new WeakMap<Cache, Internals>();
  /** What `fetch` or `memo` look up: in 11.0 they go through `get`, `forceFetch` through `fetch`, before they first await. */
  const seeking = new HandOver<Lookup>();
  const isSought = (it: object, key: unknown): boolean =>
    seeking.offered !== undefined && seeking.offered.cache === it && seeking.offered.key === key;

  // A subclass's name is the application's own; the library's is minified.
  const nameOf = (it: object): string => (it.constructor === (LRUCache as unknown) ? 'lru-cache' : it.constructor.name);
  const lookedUp = (it: object, key: unknown, outcome: LocalOutcome): void =>
    cache.lookup(it, nameOf(it), key, outcome);
  const internalsOf = (it: Cache): Internals => {
    let known = internals.get(it);
    if (!known) internals.set(it, (known = LRUCache.unsafeExposeInternals(it)));
    return known;
  };

  // By hand: a lookup takes some 30 ns.
  hooks.wrap(LRUCache.prototype, 'get', (original) => {
    return function (this: object, key: unknown, options: unknown) {
      const value = original.call(this, key, options);
      if (hooks.active && !isSought(this, key)) lookedUp(this, key, value === undefined ? 'miss' : 'hit');
      return value;
    };
  });

  hooks.wrap(LRUCache.prototype, 'set', (original) => {
    return function (this: object, key: unknown, value: unknown, options: unknown) {
      if (hooks.active) cache.filled(this, key);
      return original.call(this, key, value, options);
    };
  });

  for (const method of ['fetch', 'forceFetch', 'memo']) {
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

/** What `fetch` (`#fetch` in dist/commonjs/index.js) and `memo` will find; nothing is changed to see that. */
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

/** An option that is plainly there, or inherited; a getter is not asked, for it is the application's to be asked once. */
function optionOf(options: unknown, name: string): unknown {
  let each = options;
  while (typeof each === 'object' && each !== null) {
    const property = Object.getOwnPropertyDescriptor(each, name);
    if (property) return property.value;
    each = Object.getPrototypeOf(each);
  }
  return undefined;
}
