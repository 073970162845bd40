import { followed, preceded, replacementOf, type Adapter, type AnyFunction, type Attachment } from '@foreshock/kit';
import { cacheName } from '../../cache-name.ts';
import type { CacheEvents, LocalOutcome } from '../../events.ts';

interface Entry {
  /** Expiry, ms since 1970; 0: never. */
  t: number;
}

interface Cache {
  data: Record<string, Entry | undefined>;
  /** `deleteOnExpire`: since 4.2. */
  options: { deleteOnExpire?: boolean };
}

/**
 * node-cache 2 to 5: methods of `lib/node_cache.js`, bound per cache by its constructor; `take` calls `get`, `mset`
 * `set`.
 */
export const nodeCache: Adapter<CacheEvents> = {
  library: 'node-cache',
  versions: '>=2.0.1 <6',
  upstream: [],
  shows: ['attempt or hit'],
  summary: 'hits and misses of `get`, `mget` and `take`, counted',
  attach(cache, hooks) {
    hooks.onLoad('node-cache/lib/node_cache.js', ({ exports: NodeCache }) => {
      const nameOf = (it: Cache): string => cacheName(it, NodeCache, 'node-cache');
      const looked = ({ events }: Attachment<CacheEvents>, it: Cache, keys: readonly unknown[]): void => {
        for (const key of keys) {
          // The library refuses others.
          if (!isKey(key)) return;
          events.lookup(it, nameOf(it), key, foreseen(it, key));
        }
      };
      const replace = (
        method: string,
        make: (original: AnyFunction, attachment: Attachment<CacheEvents>) => AnyFunction,
      ): void => hooks.wrap(NodeCache.prototype, method, (original) => replacementOf(original, cache, hooks, make));

      // Before the call, which may call back.
      replace('get', (original, attachment) =>
        preceded(original, (it, [key]) => looked(attachment, it, [key]), 'node-cache get', attachment),
      );
      replace('mget', (original, attachment) =>
        preceded(
          original,
          (it, [keys]) => Array.isArray(keys) && looked(attachment, it, keys),
          'node-cache mget',
          attachment,
        ),
      );
      replace('set', (original, attachment) =>
        followed(original, (_, it, [key]) => attachment.events.filled(it, key), 'node-cache set', attachment),
      );
    });
  },
};

function isKey(key: unknown): key is string | number {
  return typeof key === 'string' || typeof key === 'number';
}

/** `get` and `_check`, without side effects. */
function foreseen({ data, options }: Cache, key: string | number): LocalOutcome {
  const entry = data[key];
  if (entry === undefined || entry === null) return 'miss';
  const isExpired = entry.t !== 0 && entry.t < Date.now();
  return isExpired && options.deleteOnExpire !== false ? 'miss' : 'hit';
}
