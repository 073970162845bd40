// The pool of mysql2 as an application uses it; the contract suite calls it.
import mysql from 'mysql2/promise';

export async function open({ url }) {
  const pool = (connectionLimit, uri = url) => mysql.createPool({ uri, connectionLimit });
  const refusing = pool(1, url.replace(/\/[^/]*$/, '/missing'));
  let crowded;
  let inside = 0;
  return {
    // A new pool each time: the call waits for a connection to be opened.
    succeed() {
      const fresh = pool(1);
      const promise = fresh.getConnection();
      promise.then((connection) => connection.release()).then(() => fresh.end());
      return promise;
    },
    fail: () => refusing.getConnection(),
    callback(done) {
      const fresh = pool(1).pool;
      fresh.getConnection((error, connection) => {
        done(error, new mysql.PromisePoolConnection(connection, Promise));
        connection.release();
        fresh.end();
      });
    },
    call: { owner: Object.getPrototypeOf(refusing), method: 'getConnection' },
    saturate: {
      limit: 2,
      async run() {
        const all = (crowded ??= pool(2));
        inside++;
        const connection = await all.getConnection();
        await connection.query('SELECT 1');
        connection.release();
        if (--inside > 0) return;
        crowded = undefined;
        await all.end();
      },
    },
    emitters: () => [refusing.pool],
    close: () => refusing.end(),
  };
}
