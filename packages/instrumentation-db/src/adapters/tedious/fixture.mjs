// tedious as an application uses it, over a pool of tarn; the contract suite calls it.
import tarn from 'tarn';
import { Connection, Request, TYPES } from 'tedious';

function poolOf(url, max) {
  const { hostname: server, port, username: userName, password, pathname } = new URL(url);
  const config = {
    server,
    authentication: { type: 'default', options: { userName, password } },
    options: { port: Number(port), database: pathname.slice(1), encrypt: false, trustServerCertificate: true },
  };
  const create = () =>
    new Promise((resolve, reject) => {
      const connection = new Connection(config);
      connection.connect((error) => (error ? reject(error) : resolve(connection)));
    });
  return new tarn.Pool({ create, destroy: (connection) => connection.close(), min: 0, max });
}

function execute(connection, text, values, done) {
  const rows = [];
  const request = new Request(text, (error) => done(error, rows));
  for (const [i, value] of values.entries()) request.addParameter(`p${i + 1}`, TYPES.NVarChar, value);
  request.on('row', (row) => rows.push(row.map((column) => column.value)));
  connection.execSql(request);
}

async function query(pool, text, values = []) {
  const connection = await pool.acquire().promise;
  try {
    return await new Promise((resolve, reject) => {
      execute(connection, text, values, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  } finally {
    pool.release(connection);
  }
}

export async function open({ url }) {
  const pool = poolOf(url, 4);
  const small = poolOf(url, 2);
  await Promise.all([
    ...Array.from({ length: 4 }, () => query(pool, 'SELECT 1')),
    query(small, 'SELECT 1'),
    query(small, 'SELECT 1'),
  ]);
  return {
    succeed: () => query(pool, 'SELECT 1 AS one'),
    fail: () => query(pool, 'SELECT * FROM missing'),
    async callback(done) {
      const connection = await pool.acquire().promise;
      execute(connection, 'SELECT 1 AS one', [], (error, rows) => {
        pool.release(connection);
        done(error, rows);
      });
    },
    call: { owner: Connection.prototype, method: 'makeRequest' },
    saturate: { limit: 2, run: (i) => query(small, 'SELECT @p1 AS i', [String(i)]) },
    database: { query: (text, values) => query(pool, text, values), placeholder: '@p1' },
    close: () => Promise.all([pool.destroy(), small.destroy()]),
  };
}
