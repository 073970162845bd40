// The pool of node-postgres as an application uses it; the contract suite calls it.
import pg from 'pg';

export async function open({ url }) {
  const pool = (max, connectionString = url) => new pg.Pool({ connectionString, max });
  const refusing = pool(1, url.replace(/\/[^/]*$/, '/missing'));
  let crowded;
  let inside = 0;
  return {
    // A new pool each time: the call waits for a connection to be opened.
    succeed() {
      const fresh = pool(1);
      const promise = fresh.connect();
      promise.then((client) => client.release()).then(() => fresh.end());
      return promise;
    },
    fail: () => refusing.connect(),
    callback(done) {
      const fresh = pool(1);
      fresh.connect((error, client, release) => {
        done(error, client);
        release();
        fresh.end();
      });
    },
    call: { owner: Object.getPrototypeOf(pg.Pool.prototype), method: 'connect' },
    saturate: {
      limit: 2,
      async run() {
        const all = (crowded ??= pool(2));
        inside++;
        const client = await all.connect();
        await client.query('SELECT 1');
        client.release();
        if (--inside > 0) return;
        crowded = undefined;
        await all.end();
      },
    },
    emitters: () => [refusing],
    close: () => refusing.end(),
  };
}
