import { guard, type Adapter, type Hooks } from '@foreshock/kit';
import type { CacheEvents, LocalOutcome } from '../events.ts';

/** What a lookup tells when it is given one (`LRUCache.Status`). */
interface Status {
  get?: string;
  fetch?: string;
  memo?: string;
  returnedStale?: boolean;
}

type Options = { status?: Status } | undefined;

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
 * `delete` too and leaves its status object in the caller's options; 11.0 has neither. `get` says by its value whether
 * it hit; `fetch` and `memo` say so in the `status` that anybody may pass.
 */
export const lruCache: Adapter<CacheEvents> = {
  library: 'lru-cache',
  versions: '>=11.0.0 <12',
  upstream: [],
  attach(cache, hooks) {
    for (const file of FILES) hooks.onLoad(file, ({ exports }) => wrapCache(exports.LRUCache, cache, hooks));
  },
};

function wrapCache(LRUCache: { prototype: any }, cache: CacheEvents, hooks: Hooks): void {
  /** How many times `get` counted: in 11.0 `fetch` and `memo` go through it, later they do not. */
  let gets = 0;
  /** The status that `fetch` counted last: in 11.0 `forceFetch` goes through it. */
  let fetched: Status | undefined;

  // A subclass's name is the application's own; the library's is minified.
  const nameOf = (self: object): string => (self.constructor === LRUCache ? 'lru-cache' : self.constructor.name);
  const count = (self: object, key: unknown, outcome: LocalOutcome): void =>
    cache.lookup(self, nameOf(self), key, outcome);

  hooks.wrap(LRUCache.prototype, 'get', (original) => {
    return function (this: object, key: unknown, options: unknown) {
      const value = original.call(this, key, options);
      if (!hooks.active) return value;
      gets++;
      count(this, key, value === undefined ? 'miss' : 'hit');
      return value;
    };
  });

  hooks.wrap(LRUCache.prototype, 'set', (original) => {
    return function (this: object, key: unknown, value: unknown, options: unknown) {
      if (hooks.active) cache.filled(this, key);
      return original.call(this, key, value, options);
    };
  });

  hooks.wrap(LRUCache.prototype, 'memo', (original) => {
    return function (this: object, ...args: [unknown, Options]) {
      if (!hooks.active) return original.apply(this, args);
      const status = args[1]?.status ?? {};
      const value = original.call(this, args[0], { ...args[1], status });
      if (status.memo !== undefined) count(this, args[0], status.memo === 'hit' ? 'hit' : 'miss');
      return value;
    };
  });

  for (const method of ['fetch', 'forceFetch']) {
    hooks.wrap(LRUCache.prototype, method, (original) => {
      return function (this: object, ...args: [unknown, Options]) {
        if (!hooks.active) return original.apply(this, args);
        const status = args[1]?.status ?? {};
        const before = gets;
        // Both run as far as their first wait at once, and know by then what they found.
        const promise = original.call(this, args[0], { ...args[1], status });
        guard('lru-cache fetch', () => {
          if (fetched === status || gets !== before) return;
          fetched = status;
          const outcome = outcomeOf(status);
          if (outcome) count(this, args[0], outcome);
        });
        return promise;
      };
    });
  }
}

function outcomeOf(status: Status): LocalOutcome | undefined {
  if (status.returnedStale) return 'hit';
  switch (status.fetch) {
    case 'hit':
      return 'hit';
    case 'inflight':
      return 'coalesced';
    case 'miss':
    case 'stale':
    case 'refresh':
      return 'miss';
    case 'get':
      return status.get === 'hit' ? 'hit' : 'miss';
    default:
      return undefined;
  }
}
