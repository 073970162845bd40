// The pool of mariadb as an application uses it; the contract suite calls it.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import mariadb from 'mariadb';

// `import` needs `mariadb/callback.js` before 3.5, and refuses it since.
const { createPool } = createRequire(import.meta.url)('mariadb/callback');

export async function open({ url }) {
  const { hostname: host, port, username: user, password, pathname } = new URL(url);
  const server = { host, port: Number(port), user, password, database: pathname.slice(1) };
  const pool = (connectionLimit, options) => mariadb.createPool({ ...server, connectionLimit, ...options });
  const refusing = pool(1, { password: 'wrong', acquireTimeout: 30 });
  // From here on a time-out says why, and not after how long.
  await once(refusing, 'error');
  const sample = pool(1);
  const connected = await sample.getConnection();
  const kind = Object.getPrototypeOf(connected);
  await connected.release();
  await sample.end();
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
      const fresh = createPool({ ...server, connectionLimit: 1 });
      fresh.getConnection((error, connection) => {
        // As the promise's.
        done(error, connection && Object.create(kind));
        connection.release(() => fresh.end());
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
        await connection.release();
        if (--inside > 0) return;
        crowded = undefined;
        await all.end();
      },
    },
    emitters: () => [refusing],
    close: () => refusing.end(),
  };
}
