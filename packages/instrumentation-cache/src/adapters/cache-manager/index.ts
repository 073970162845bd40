import {
  followed,
  observed,
  replacementOf,
  replaceOn,
  withFixed,
  type Adapter,
  type AnyFunction,
  type Attachment,
  type MethodCalls,
} from '@foreshock/kit';
import type { CacheEvents, LocalOutcome } from '../../events.ts';
import { claimed, foreseen } from '../../keyv-map.ts';
import { FailedRefreshes } from './failed-refreshes.ts';

/** cache-manager's store. */
interface Store {
  store?: unknown;
  namespace?: string;
  hooks?: {
    addHandler(event: string, handler: (data: any) => void): void;
    removeHandler(event: string, handler: (data: any) => void): void;
  };
}

interface Cache {
  stores: Store[];
  on(event: 'refresh', listener: (refresh: { key: string; error?: unknown }) => void): unknown;
  wrap(key: string, ...rest: unknown[]): Promise<unknown>;
}

/** ES modules: `index.js` up to 7.1, then `index.mjs`; CommonJS: `index.cjs`. */
const FILES = ['index.cjs', 'index.js', 'index.mjs'].map((file) => `cache-manager/dist/${file}`);

/**
 * cache-manager 7: a plain object over Keyv stores, counted by Keyv's hooks. `wrap` joins callers of a key
 * (`coalesceAsync`): only the first reads a store.
 */
export const cacheManager: Adapter<CacheEvents> = {
  library: 'cache-manager',
  versions: '>=7.0.0 <8',
  upstream: [],
  shows: ['attempt or hit'],
  summary:
    'hits and misses of stores in the process, callers of `wrap` that joined another, values whose refresh has failed',
  attach(cache, hooks) {
    // Caches outlive the hooks: later attachments replace earlier ones.
    const replaced = (original: AnyFunction): AnyFunction =>
      replacementOf(original, cache, hooks, (createCache, attachment) => {
        const created = (made: Cache, _self: unknown, [options]: [{ cacheId?: string }?]): void =>
          observe(made, options?.cacheId, attachment);
        return followed(createCache, created, 'cache-manager', attachment);
      });
    for (const file of FILES) {
      hooks.onLoad(
        file,
        (loaded) => {
          if (loaded.rebind) return loaded.rebind('createCache', replaced);
          const { exports } = loaded;
          const { configurable, writable } = Object.getOwnPropertyDescriptor(exports, 'createCache') ?? {};
          if (configurable || writable) return hooks.wrap(exports, 'createCache', replaced);
          // 7.0 exports a fixed getter.
          return loaded.replaceExports?.((fixed) => withFixed(fixed, 'createCache', replaced(fixed.createCache)));
        },
        { bindings: ['createCache'] },
      );
    }
  },
};

/** Weak: caches may be countless. */
const reads = new WeakMap<Store, { count: number }>();
const refreshesOf = new WeakMap<Store, FailedRefreshes>();

function observe(made: Cache, cacheId: string | undefined, attachment: Attachment<CacheEvents>): void {
  const name = cacheId ?? made.stores.map(namespaceOf).find(Boolean) ?? 'cache-manager';
  for (const store of made.stores) if (!reads.has(store)) observeStore(store, made, name, attachment);
  made.on('refresh', ({ key, error }) => {
    for (const store of made.stores) refreshesOf.get(store)?.ended(key, error !== undefined);
  });
  const counts = made.stores.map((store) => reads.get(store));
  // Other stores, and Keyv 6, do not report reads.
  if (!counts.every((count) => count !== undefined)) return;
  const total = (): number => counts.reduce((sum, { count }) => sum + count, 0);

  // In place: undoing it would keep caches alive.
  const steps: MethodCalls<{ readsBefore: number; key: unknown }> = {
    begin: (_cache, [key]) => ({ readsBefore: total(), key }),
    returned({ readsBefore, key }) {
      if (total() === readsBefore) attachment.events.lookup(made, name, key, 'coalesced');
    },
  };
  replaceOn(made, 'wrap', (wrap) => observed(wrap, steps, 'cache-manager wrap', attachment));
}

/** A store's first cache names its lookups. */
function observeStore(store: Store, made: Cache, name: string, attachment: Attachment<CacheEvents>): void {
  const { hooks: events } = store;
  // Keyv 6 has other hooks, and awaits them.
  if (typeof events?.addHandler !== 'function') return;
  const read = { count: 0 };
  reads.set(store, read);
  events.addHandler('preGet', () => void read.count++);
  if (!isLocal(store)) return;
  // Elsewhere another process may have refreshed it.
  observeRefreshes(store, name, attachment);
  claimed.add(store);
  const looked = (key: unknown, outcome: LocalOutcome | undefined): void => {
    if (attachment.active && outcome) attachment.events.lookup(made, name, ownKey(store, key), outcome);
  };
  const { store: values } = store;
  if (values instanceof Map) {
    // It reads next; before Keyv 5.5.4 its misses report nothing read.
    const look = (key: string): void => looked(key, foreseen(values, key));
    events.addHandler('preGet', ({ key }) => look(key));
    events.addHandler('preGetMany', ({ keys }: { keys: string[] }) => keys.forEach(look));
  } else {
    const given = (key: unknown, value: unknown): void => looked(key, isNothing(value) ? 'miss' : 'hit');
    events.addHandler('postGet', ({ key, value }) => given(key, value));
    events.addHandler('postGetMany', (several: unknown[]) => several.forEach((value) => given(undefined, value)));
  }
  events.addHandler('postSet', ({ key }) => {
    if (attachment.active) attachment.events.filled(made, ownKey(store, key));
  });
}

function observeRefreshes(store: Store, name: string, attachment: Attachment<CacheEvents>): void {
  const refreshes = new FailedRefreshes(name);
  refreshesOf.set(store, refreshes);
  store.hooks!.addHandler('postSet', ({ key }) => refreshes.ended(ownKey(store, key), false));
  store.hooks!.addHandler('postGet', ({ key, value }) => {
    if (attachment.active && refreshes.any && !isNothing(value)) refreshes.read(ownKey(store, key));
  });
}

/** Default: `keyv`. */
function namespaceOf({ namespace }: Store): string | undefined {
  return namespace === 'keyv' ? undefined : namespace;
}

function ownKey({ namespace }: Store, key: unknown): unknown {
  const prefix = `${namespace}:`;
  return namespace && typeof key === 'string' && key.startsWith(prefix) ? key.slice(prefix.length) : key;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function isLocal(keyv: Store): boolean {
  const { store } = keyv;
  if (store instanceof Map) return true;
  const name = (store as object | undefined)?.constructor?.name ?? '';
  // lru-cache counts itself. Without `getRaw`, Keyv reports only hits.
  return /memory|lru/i.test(name) && name !== 'LRUCache' && 'getRaw' in keyv;
}
