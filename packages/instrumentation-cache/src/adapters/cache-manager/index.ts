import { guard, type Adapter, type Hooks } from '@foreshock/kit';
import type { CacheEvents } from '../../events.ts';

/** A `Keyv`, cache-manager's store, as far as it is read here. */
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
  wrap(key: string, ...rest: unknown[]): Promise<unknown>;
}

type CreateCache = (options?: { cacheId?: string }) => Cache;

/** ES modules: `index.js` up to 7.1, `index.mjs` since; the same for `require` is `index.cjs`. */
const FILES = ['index.cjs', 'index.js', 'index.mjs'].map((file) => `cache-manager/dist/${file}`);

/**
 * cache-manager 7: `createCache()` gives a plain object over stores that are Keyvs.
 *
 * A Keyv's own hooks tell each lookup, hit or miss, where its caller is. Only stores in the process are counted:
 * what a store asks of a server has a span of its own, from that client's adapter. `wrap` joins callers of one key
 * (`coalesceAsync`): the first reads a store at once, those who join it read none.
 */
export const cacheManager: Adapter<CacheEvents> = {
  library: 'cache-manager',
  versions: '>=7.0.0 <8',
  upstream: [],
  shows: ['attempt or hit'],
  summary: 'hits and misses of stores in the process, and callers of `wrap` that joined another',
  attach(cache, hooks) {
    const observed = (original: CreateCache): CreateCache => {
      const known = attachments.get(original);
      if (known) {
        Object.assign(known, { cache, hooks });
        return original;
      }
      const attachment = { cache, hooks };
      const createCache: CreateCache = (...args) => {
        const made = original(...args);
        if (attachment.hooks.active) guard('cache-manager', () => observe(made, args[0]?.cacheId, attachment));
        return made;
      };
      attachments.set(createCache, attachment);
      return createCache;
    };
    for (const file of FILES) {
      hooks.onLoad(
        file,
        (loaded) => {
          if (loaded.rebind) return loaded.rebind('createCache', observed);
          const { exports } = loaded;
          const { configurable, writable } = Object.getOwnPropertyDescriptor(exports, 'createCache') ?? {};
          if (configurable || writable) return hooks.wrap(exports, 'createCache', observed as never);
          // 7.0 exports a getter that stays.
          return loaded.replaceExports?.({ ...exports, createCache: observed(exports.createCache) });
        },
        { bindings: ['createCache'] },
      );
    }
  },
};

/** Where caches report to. They outlive the hooks: those of the next attachment take the place of earlier ones. */
interface Attachment {
  cache: CacheEvents;
  hooks: Hooks;
}

/** By the function that stands for `createCache`. */
const attachments = new WeakMap<CreateCache, Attachment>();

/** How often each store has been read. Two caches may share one, and an application may make them without end. */
const reads = new WeakMap<Store, { count: number }>();

function observe(made: Cache, cacheId: string | undefined, attachment: Attachment): void {
  const name = cacheId ?? made.stores.map(namespaceOf).find(Boolean) ?? 'cache-manager';
  for (const store of made.stores) if (!reads.has(store)) observeStore(store, made, name, attachment);
  const counts = made.stores.map((store) => reads.get(store));
  // A store that is no Keyv, or a Keyv 6, does not tell whether it is read.
  if (!counts.every((count) => count !== undefined)) return;
  const total = (): number => counts.reduce((sum, { count }) => sum + count, 0);

  // In place, on an object of the application's: undone by `active` alone, or each cache would be kept for that.
  const { wrap } = made;
  made.wrap = function (...args) {
    const before = total();
    const promise = wrap.apply(this, args);
    if (attachment.hooks.active && total() === before) attachment.cache.lookup(made, name, args[0], 'coalesced');
    return promise;
  };
}

/** The first cache over a store names its lookups. */
function observeStore(store: Store, made: Cache, name: string, attachment: Attachment): void {
  const { hooks: events } = store;
  // The hooks of Keyv 6 are others: asynchronous, and each one is waited for.
  if (typeof events?.addHandler !== 'function') return;
  const read = { count: 0 };
  reads.set(store, read);
  events.addHandler('preGet', () => void read.count++);
  if (!isLocal(store.store)) return;
  const looked = (key: unknown, value: unknown): void => {
    if (attachment.hooks.active)
      attachment.cache.lookup(made, name, ownKey(store, key), isNothing(value) ? 'miss' : 'hit');
  };
  events.addHandler('postGet', ({ key, value }) => looked(key, value));
  events.addHandler('postGetMany', (values: unknown[]) => values.forEach((value) => looked(undefined, value)));
  events.addHandler('postSet', ({ key }) => {
    if (attachment.hooks.active) attachment.cache.filled(made, ownKey(store, key));
  });
}

/** Of the application's choosing; `keyv` is what it is called without. */
function namespaceOf({ namespace }: Store): string | undefined {
  return namespace === 'keyv' ? undefined : namespace;
}

/** Without the namespace that a Keyv puts before it. */
function ownKey({ namespace }: Store, key: unknown): unknown {
  const prefix = `${namespace}:`;
  return namespace && typeof key === 'string' && key.startsWith(prefix) ? key.slice(prefix.length) : key;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function isLocal(store: unknown): boolean {
  return store instanceof Map || /memory|lru/i.test((store as object | undefined)?.constructor?.name ?? '');
}
