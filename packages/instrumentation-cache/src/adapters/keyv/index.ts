import { guard, type Adapter, type Hooks } from '@foreshock/kit';
import type { CacheEvents } from '../../events.ts';
import { claimed, foreseen } from '../../keyv-map.ts';

interface Keyv {
  namespace?: string;
  /** Up to 5. */
  opts?: { store?: unknown; namespace?: string };
  /** 6: an adapter over the store. */
  _store?: { _store?: unknown };
  /** Up to 5. */
  _getKeyPrefix(key: string): string;
}

/**
 * Keyv 4 to 6 over a Map; other stores' clients have spans. 4 lacks hooks, 5 before 5.5.5 misses: the Map is looked at.
 */
export const keyv: Adapter<CacheEvents> = {
  library: 'keyv',
  versions: '>=4.0.0 <7',
  upstream: [],
  shows: ['attempt or hit'],
  summary: 'hits and misses of what it has in a `Map`, counted',
  isTransitive: true,
  attach(cache, hooks) {
    // 4 reads in the next microtask.
    hooks.onLoad('keyv/src/index.js', ({ exports }) => {
      observeReads(
        exports.prototype,
        cache,
        hooks,
        (look) => void Promise.resolve().then(() => guard('keyv get', look)),
      );
    });
    for (const file of ['index.cjs', 'index.js', 'index.mjs']) {
      hooks.onLoad(`keyv/dist/${file}`, ({ exports: { Keyv } }) => {
        if ('hookWithDeprecated' in Keyv.prototype) observeHooks(Keyv.prototype, cache, hooks);
        else observeReads(Keyv.prototype, cache, hooks, (look) => look());
      });
    }
  },
};

/** @param whenRead runs its argument just before the read */
function observeReads(prototype: any, cache: CacheEvents, hooks: Hooks, whenRead: (look: () => void) => void): void {
  for (const method of ['get', 'getMany', 'getRaw', 'getManyRaw']) {
    if (!(method in prototype)) continue;
    hooks.before(prototype, method, (it: Keyv, [key]: [unknown]) => {
      const map = mapOf(it);
      const isOfMany = Array.isArray(key);
      // `get` of several calls `getMany`, where there is one.
      if (!map || (isOfMany && method === 'get' && 'getMany' in prototype)) return;
      const keys: readonly unknown[] = isOfMany ? key : [key];
      whenRead(() => {
        for (const each of keys) {
          const outcome = typeof each === 'string' ? foreseen(map, it._getKeyPrefix(each)) : undefined;
          if (outcome) cache.lookup(it, nameOf(it), each, outcome);
        }
      });
    });
  }
  hooks.before(prototype, 'set', (it: Keyv, [key]) => {
    if (mapOf(it)) cache.filled(it, key);
  });
}

/** 6 runs all hooks by it. */
function observeHooks(prototype: { hookWithDeprecated: unknown }, cache: CacheEvents, hooks: Hooks): void {
  hooks.before(prototype, 'hookWithDeprecated', (it: Keyv, [event, data]) => {
    if (!mapOf(it)) return;
    const looked = (key: unknown, value: unknown): void =>
      cache.lookup(it, nameOf(it), key, value === undefined ? 'miss' : 'hit');
    if (event === 'after:get' || event === 'after:getRaw') looked(data.key, data.value);
    else if (event === 'after:getMany') for (const value of data) looked(undefined, value);
    else if (event === 'after:getManyRaw') for (const value of data.values) looked(undefined, value);
    else if (event === 'after:set') cache.filled(it, data.key);
  });
}

function nameOf({ opts, namespace = opts?.namespace }: Keyv): string {
  return namespace || 'keyv';
}

function mapOf(it: Keyv): ReadonlyMap<unknown, unknown> | undefined {
  if (claimed.has(it)) return undefined;
  const store = it.opts ? it.opts.store : it._store?._store;
  return store instanceof Map ? store : undefined;
}
