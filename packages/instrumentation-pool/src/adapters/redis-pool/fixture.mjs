// The client pool of node-redis as an application uses it; the contract suite calls it.
import { createClient } from 'redis';

export async function open({ url }) {
  const client = createClient({ url });
  const pool = (maximum) => {
    const made = client.createPool({ minimum: 0, maximum });
    made.connect();
    return made;
  };
  const full = client.createPool({ minimum: 1, maximum: 1, acquireTimeout: 5 });
  await full.connect();
  const { promise: freed, resolve: free } = Promise.withResolvers();
  full.execute(() => freed);
  let owner = full;
  while (!Object.hasOwn(owner, 'execute')) owner = Object.getPrototypeOf(owner);
  let crowded;
  let inside = 0;
  return {
    // A new pool each time: the call waits for a connection to be opened.
    succeed() {
      const fresh = pool(1);
      const promise = fresh.execute(async () => 'done');
      promise.then(() => fresh.close());
      return promise;
    },
    fail: () => full.execute(async () => 'done'),
    call: { owner, method: 'execute' },
    saturate: {
      limit: 2,
      async run() {
        const all = (crowded ??= pool(2));
        inside++;
        await all.execute((client) => client.ping());
        if (--inside > 0) return;
        crowded = undefined;
        await all.close();
      },
    },
    emitters: () => [full],
    async close() {
      free();
      await full.close();
    },
  };
}
