// iovalkey as an application uses it; the contract suite calls it.
import Redis from 'iovalkey';

export async function open({ url }) {
  const client = new Redis(url);
  await client.set('user:1', 'x');
  return {
    succeed: () => client.get('user:1'),
    fail: () => client.hget('user:1', 'name'),
    callback: (done) => client.get('user:1', done),
    call: { owner: Redis.prototype, method: 'sendCommand' },
    saturate: { limit: 20, run: () => client.get('user:1') },
    cache: {
      get: (key) => client.get(key),
      set: (key, value) => client.set(key, value),
      getAll: (keys) => client.mget(keys),
    },
    emitters: () => [client],
    close: () => client.quit(),
  };
}
