// node-cache as an application uses it; the contract suite calls it.
import NodeCache from 'node-cache';

// It cannot be a key of an object.
const REFUSED = Object.create(null);

export function open() {
  const cache = new NodeCache();
  cache.set('user:0', 'x');
  return {
    succeed: () => cache.mget(['user:0']),
    fail: () => cache.mget(['user:0', REFUSED]),
    saturate: { limit: 1, run: () => cache.get('user:0') },
    cache: {
      get: (key) => cache.get(key),
      set: (key, value) => cache.set(key, value),
      getAll: (keys) => cache.mget(keys),
    },
    emitters: () => [cache],
    close: () => cache.close(),
  };
}
