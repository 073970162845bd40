// lru-cache as an application uses it; the contract suite calls it.
import * as library from 'lru-cache';

/* oxlint-disable-next-line import/namespace -- up to 8 it is the default export, which newer ones lack */
const { LRUCache = library.default } = library;

export function open() {
  const cache = new LRUCache({
    max: 100,
    async fetchMethod(key) {
      await new Promise(setImmediate);
      if (key === 'user:refused') throw new Error('refused');
      return undefined;
    },
  });
  cache.set('user:0', 'x');
  return {
    succeed: () => cache.fetch('user:0'),
    fail: () => cache.fetch('user:refused'),
    call: { owner: LRUCache.prototype, method: 'fetch' },
    // Callers of one key join the fetch of the first.
    saturate: { limit: 1, run: () => cache.fetch('user:unknown') },
    cache: {
      get: (key) => cache.get(key),
      set: (key, value) => cache.set(key, value),
    },
    close: () => cache.clear(),
  };
}
