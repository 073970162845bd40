// keyv as an application uses it; the contract suite calls it.
import Cache from 'keyv';

const refused = {
  get value() {
    throw new Error('refused');
  },
};
const stringify = JSON.stringify;
const parse = (text) => (text.includes('refused') ? refused : JSON.parse(text));

export async function open() {
  const cache = new Cache({
    serialize: stringify,
    deserialize: parse,
    // Since 6 an object.
    serialization: { stringify, parse },
  });
  await cache.set('user:0', 'x');
  await cache.set('user:refused', 'refused');
  return {
    succeed: () => cache.get('user:0'),
    fail: () => cache.get('user:refused'),
    call: { owner: Cache.prototype, method: 'get' },
    saturate: { limit: 1, run: () => cache.get('user:0') },
    cache: {
      get: (key) => cache.get(key),
      set: (key, value) => cache.set(key, value),
      getAll: (keys) => (cache.getMany ? cache.getMany(keys) : cache.get(keys)),
    },
    close: () => cache.disconnect?.(),
  };
}
