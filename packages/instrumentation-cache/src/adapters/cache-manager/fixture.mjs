// cache-manager as an application uses it; the contract suite calls it.
import { createCache } from 'cache-manager';

export async function open() {
  const cache = createCache();
  await cache.set('user:0', 'x');
  const refuse = () => Promise.reject(new Error('refused'));
  const nothing = () => new Promise(setImmediate);
  return {
    succeed: () => cache.wrap('user:0', nothing),
    fail: () => cache.wrap('user:refused', refuse),
    // Callers of one key join the load of the first.
    saturate: { limit: 1, run: () => cache.wrap('user:unknown', nothing) },
    cache: {
      get: (key) => cache.get(key),
      set: (key, value) => cache.set(key, value),
      getAll: (keys) => cache.mget(keys),
    },
    close: () => cache.disconnect(),
  };
}
