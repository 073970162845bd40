// mariadb as an application uses it; the contract suite calls it.
import { createRequire } from 'node:module';
import mariadb from 'mariadb';

// `import` needs `mariadb/callback.js` before 3.5, and refuses it since.
const { createConnection } = createRequire(import.meta.url)('mariadb/callback');

export async function open({ url }) {
  const { hostname: host, port, username: user, password, pathname } = new URL(url);
  const server = { host, port: Number(port), user, password, database: pathname.slice(1) };
  const pool = mariadb.createPool({ ...server, connectionLimit: 4 });
  const small = mariadb.createPool({ ...server, connectionLimit: 2, minimumIdle: 2 });
  const connection = await pool.getConnection();
  const callbacks = createConnection(server);
  await new Promise((resolve) => callbacks.query('SELECT 1', resolve));
  return {
    succeed: () => connection.query('SELECT 1 AS one'),
    fail: () => connection.query('SELECT * FROM missing'),
    callback: (done) => callbacks.query('SELECT 1 AS one', done),
    call: { owner: Object.getPrototypeOf(connection), method: 'query' },
    saturate: { limit: 2, run: (i) => small.query('SELECT ? AS i', [i]) },
    database: { query: (text, values) => connection.query(text, values), placeholder: '?' },
    emitters: () => [connection, callbacks, pool, small],
    async close() {
      await connection.release();
      callbacks.destroy();
      await Promise.all([pool.end(), small.end()]);
    },
  };
}
