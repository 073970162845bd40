import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import {
  activeSpanId,
  crowd,
  only,
  recordSpans,
  shows,
  spansNamed,
  startMariaDb,
  versionOf,
  waits,
  type MariaDb,
} from '@foreshock/testkit';
import mysql from 'mysql2';
import promises from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const recorded = recordSpans([dbInstrumentation(), poolInstrumentation()]);
const pools: mysql.Pool[] = [];
let server: MariaDb;
let poolName: string;

beforeAll(async () => {
  server = await startMariaDb();
  poolName = `${server.host}:${server.port}/${server.database}`;
  const connection = await promises.createConnection(server.url);
  await connection.query('CREATE TABLE orders (id int PRIMARY KEY, note text)');
  await connection.query("INSERT INTO orders SELECT seq, concat('note ', seq) FROM seq_1_to_20");
  await connection.end();
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => promiseOf((done) => pool.end(done))));
  recorded.clear();
});
afterAll(async () => {
  recorded.stop();
  await server.stop();
});

function promiseOf<T>(call: (done: (error: Error | null | undefined, value?: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value as T))));
}

function openPool(options: mysql.PoolOptions = {}): mysql.Pool {
  const pool = mysql.createPool({ uri: server.url, ...options });
  pools.push(pool);
  return pool;
}

/** A pool with all its connections open and idle, so that only the test's own waits are waits. */
async function openWarmPool(connectionLimit: number, options: mysql.PoolOptions = {}): Promise<mysql.Pool> {
  const pool = openPool({ connectionLimit, ...options });
  const opened = await Promise.all(Array.from({ length: connectionLimit }, () => pool.promise().getConnection()));
  for (const connection of opened) connection.release();
  recorded.clear();
  return pool;
}

async function openConnection(options: mysql.ConnectionOptions = {}): Promise<mysql.Connection> {
  const connection = mysql.createConnection({ uri: server.url, ...options });
  await promiseOf((done) => connection.connect(done));
  return connection;
}

describe('a query', () => {
  it('is one CLIENT span with the stable conventions and the state of its pool', async () => {
    const pool = await openWarmPool(2);
    const [rows] = await recorded.inSpan('request', () =>
      pool.promise().query("SELECT note FROM orders WHERE id = ? AND note <> 'it\\'s 42' # \"secret\"", [7]),
    );
    expect(rows).toEqual([{ note: 'note 7' }]);
    const request = only(spansNamed(recorded, 'request'));
    const query = only(spansNamed(recorded, 'SELECT orders'));
    expect(query).toMatchObject({
      kind: 'CLIENT',
      traceId: request.traceId,
      parentSpanId: request.spanId,
      status: { code: 'UNSET' },
      scope: '@foreshock/instrumentation-db',
    });
    expect(query.attributes).toEqual({
      'db.system.name': 'mariadb',
      'db.namespace': server.database,
      'db.query.text': 'SELECT note FROM orders WHERE id = ? AND note <> ?',
      'db.query.summary': 'SELECT orders',
      'db.operation.name': 'SELECT',
      'db.collection.name': 'orders',
      'db.response.returned_rows': 1,
      'server.address': server.host,
      'server.port': server.port,
      'db.client.connection.pool.name': poolName,
      'pool.used': 0,
      'pool.idle': 2,
      'pool.pending': 0,
      'pool.limit': 2,
    });
    expect(waits(recorded)).toEqual([]);
  });

  it('comes out the same by promise, callback, event, stream and prepared statement, and calls back where the caller was', async () => {
    const pool = await openWarmPool(1, { multipleStatements: true });
    // Its socket belongs to another context.
    const connection = await openConnection();
    await recorded.inSpan('request', async (request) => {
      const { spanId } = request.spanContext();
      const seen: (string | undefined)[] = [];
      const see = (): void => void seen.push(activeSpanId());
      const called = <T>(done: (error: any, value?: T) => void) => {
        return (error: unknown, value?: T): void => {
          see();
          done(error, value);
        };
      };
      await pool.promise().query('SELECT 1 FROM orders');
      see();
      await promiseOf((done) => pool.query('SELECT 2 FROM orders', called(done)));
      await pool.promise().execute('SELECT id, 3 FROM orders WHERE id = ?', [1]);
      see();
      await promiseOf((done) => pool.execute('SELECT id, 4 FROM orders WHERE id = ?', [1], called(done)));
      await promiseOf((done) => connection.query({ sql: 'SELECT 5 FROM orders', values: [] }, called(done)));
      const events = connection.query('SELECT 6 FROM orders').on('result', see);
      await once(events, 'end');
      expect(seen).toHaveLength(25);
      let streamed = 0;
      for await (const _row of connection.query('SELECT id, 7 FROM orders').stream()) streamed++;
      expect(streamed).toBe(20);
      see();
      const statement = await promiseOf<mysql.PrepareStatementInfo>((done) =>
        connection.prepare('SELECT id, 8 FROM orders WHERE id = ?', called(done)),
      );
      await promiseOf((done) => statement.execute([1], called(done)));
      await once(statement.execute([2]).on('result', see), 'end');
      await promiseOf((done) => connection.ping(called(done)));
      const [rows] = await pool.promise().query("SELECT 9 FROM orders LIMIT 1; SELECT 'nine' FROM orders LIMIT 1");
      expect(rows).toEqual([[{ 9: 9 }], [{ nine: 'nine' }]]);
      see();
      expect(seen).toEqual(Array.from({ length: 31 }, () => spanId));
    });
    connection.destroy();
    const request = only(spansNamed(recorded, 'request'));
    const queries = recorded.spans().filter((span) => span.kind === 'CLIENT');
    expect(queries.map((span) => span.attributes['db.query.text'])).toEqual([
      'SELECT ? FROM orders',
      'SELECT ? FROM orders',
      'SELECT id, ? FROM orders WHERE id = ?',
      'SELECT id, ? FROM orders WHERE id = ?',
      'SELECT ? FROM orders',
      'SELECT ? FROM orders',
      'SELECT id, ? FROM orders',
      'SELECT id, ? FROM orders WHERE id = ?',
      'SELECT id, ? FROM orders WHERE id = ?',
      'SELECT ? FROM orders LIMIT ?; SELECT ? FROM orders LIMIT ?',
    ]);
    for (const query of queries) {
      expect(query).toMatchObject({
        name: expect.stringMatching(/^SELECT orders( SELECT orders)?$/),
        parentSpanId: request.spanId,
        traceId: request.traceId,
        status: { code: 'UNSET' },
      });
    }
    expect(queries.map((span) => span.attributes['db.response.returned_rows'])).toEqual([
      20,
      20,
      1,
      1,
      20,
      undefined,
      undefined,
      1,
      undefined,
      undefined,
    ]);
  });

  it('is one span, also if mysql2 added its commands later', async () => {
    const connection = await openConnection();
    const execute = (): Promise<unknown> =>
      promiseOf((done) => connection.execute('SELECT note FROM orders WHERE id = ?', [1], done));
    // Prepared once, its next command knows its statement from the beginning.
    await execute();
    const prototype = Object.getPrototypeOf(connection);
    const later = Object.create(prototype, {
      addCommand: {
        value(command: unknown) {
          queueMicrotask(() => prototype.addCommand.call(this, command));
          return command;
        },
      },
    });
    for (const order of [prototype, later]) {
      Object.setPrototypeOf(connection, order);
      recorded.clear();
      await recorded.inSpan('request', execute);
      expect(recorded.spans().map(({ name }) => name)).toEqual(['SELECT orders', 'request']);
    }
    Object.setPrototypeOf(connection, prototype);
    connection.destroy();
  });

  it('that fails has the server’s error number and message, and the caller gets his error', async () => {
    const pool = await openWarmPool(1);
    const connection = await openConnection();
    const ways: (() => Promise<unknown>)[] = [
      () => pool.promise().query('SELECT * FROM missing'),
      () => pool.promise().execute('SELECT * FROM missing WHERE id = ?', [1]),
      () => promiseOf((done) => pool.query('SELECT * FROM missing', done)),
      () => promiseOf((done) => connection.execute('SELECT * FROM missing WHERE id = ?', [1], done)),
      () => once(connection.query('SELECT * FROM missing'), 'end'),
      () => once(connection.execute('SELECT * FROM missing'), 'end'),
      () => connection.query('SELECT * FROM missing').stream().toArray(),
    ];
    for (const way of ways) {
      recorded.clear();
      await expect(recorded.inSpan('request', way)).rejects.toMatchObject({ code: 'ER_NO_SUCH_TABLE' });
      expect(only(spansNamed(recorded, 'SELECT missing'))).toMatchObject({
        parentSpanId: only(spansNamed(recorded, 'request')).spanId,
        status: { code: 'ERROR', message: 'Table' },
        attributes: { 'error.type': '1146', 'db.response.status_code': '1146' },
      });
    }
    connection.destroy();
  });

  it('whose connection breaks, times out or is closed ends with an error too', async () => {
    const pool = await openWarmPool(1);
    const kill = async (id: number): Promise<void> => {
      const other = await openConnection();
      await other.promise().query(`KILL ${id}`);
      other.destroy();
    };
    const pooled = await pool.promise().getConnection();
    recorded.clear();
    const broken = pooled.query('SELECT sleep(9), id FROM orders LIMIT 1').catch((error: Error) => error.message);
    await kill(pooled.threadId);
    expect(await broken).toMatch(/Connection lost|killed|ECONNRESET/);
    expect(only(spansNamed(recorded, 'SELECT orders'))).toMatchObject({
      status: { code: 'ERROR' },
      attributes: { 'error.type': expect.stringMatching(/PROTOCOL_CONNECTION_LOST|ECONNRESET|1927/) },
    });

    // Of a connection that is destroyed under way no caller hears any more.
    const destroyed = await openConnection();
    const { stream, threadId } = destroyed as unknown as { stream: NodeJS.EventEmitter; threadId: number };
    recorded.clear();
    const answers: unknown[] = [];
    destroyed.query('SELECT sleep(9), id FROM orders LIMIT 1', (error) => answers.push(error));
    destroyed.query('SELECT 1 FROM orders', (error) => answers.push(error));
    destroyed.destroy();
    const closed = once(stream, 'close');
    await kill(threadId);
    await closed;
    expect(spansNamed(recorded, 'SELECT orders')).toMatchObject([
      { status: { code: 'ERROR' }, attributes: { 'error.type': expect.stringMatching(/connection_closed|1927/) } },
      { status: { code: 'ERROR' }, attributes: { 'error.type': 'connection_closed' } },
    ]);
    expect(answers.length).toBeLessThan(2);

    // With events, only the connection gets the error, not the command.
    const connection = await openConnection();
    recorded.clear();
    connection.query('SELECT 1 FROM orders LIMIT 1');
    connection.query('SELECT 2 FROM orders LIMIT 1');
    const lost = new Promise((resolve) => connection.on('error', resolve));
    (connection as unknown as { stream: { destroy(): void } }).stream.destroy();
    expect(await lost).toMatchObject({ code: 'PROTOCOL_CONNECTION_LOST' });
    expect(spansNamed(recorded, 'SELECT orders')).toMatchObject([
      { status: { code: 'ERROR' }, attributes: { 'error.type': 'PROTOCOL_CONNECTION_LOST' } },
      { status: { code: 'ERROR' }, attributes: { 'error.type': 'PROTOCOL_CONNECTION_LOST' } },
    ]);
    recorded.clear();
    connection.query('SELECT 3 FROM orders');
    await expect(promiseOf((done) => connection.query('SELECT 4 FROM orders', done))).rejects.toThrow('closed state');
    expect(spansNamed(recorded, 'SELECT orders')).toMatchObject([
      { status: { code: 'ERROR', message: expect.stringContaining('closed state') } },
      { status: { code: 'ERROR', message: expect.stringContaining('closed state') } },
    ]);

    recorded.clear();
    const slow = await openConnection();
    await expect(slow.promise().query({ sql: 'SELECT sleep(0.2) FROM orders LIMIT 1', timeout: 30 })).rejects.toThrow(
      'inactivity timeout',
    );
    expect(only(spansNamed(recorded, 'SELECT orders')).attributes['error.type']).toBe('PROTOCOL_SEQUENCE_TIMEOUT');
    slow.destroy();
  });
});

describe('a wait', () => {
  it('for a full pool is a sibling of the query, with who held the connection', async () => {
    shows('mysql2', ['wait', 'state'], versionOf('mysql2'));
    const pool = await openWarmPool(1);
    const slow = recorded.inSpan('report', () => pool.promise().query('SELECT sleep(0.15), id FROM orders LIMIT 1'));
    await delay(20);
    await recorded.inSpan('checkout', () => pool.promise().query('SELECT 1 FROM orders'));
    await slow;
    const report = only(spansNamed(recorded, 'report'));
    const checkout = only(spansNamed(recorded, 'checkout'));
    const wait = only(waits(recorded));
    expect(wait).toMatchObject({
      name: `pool.acquire ${server.database}`,
      kind: 'INTERNAL',
      traceId: checkout.traceId,
      parentSpanId: checkout.spanId,
      status: { code: 'UNSET' },
      links: [{ traceId: report.traceId, spanId: report.spanId }],
    });
    expect(wait.attributes).toEqual({
      'db.system.name': 'mariadb',
      'db.client.connection.pool.name': poolName,
      'pool.used': 1,
      'pool.idle': 0,
      'pool.pending': 0,
      'pool.limit': 1,
      'pool.holder.trace_id': report.traceId,
      'pool.holder.held_ms': expect.any(Number),
      'pool.holder.operation': 'SELECT orders',
      'pool.wait_ms': expect.any(Number),
      'pool.wait_reason': 'queue',
      'pool.granted.used': 1,
      'pool.granted.idle': 0,
      'pool.granted.pending': 0,
    });
    expect(wait.attributes['pool.wait_ms']).toBeGreaterThan(50);
    const query = recorded.spans().find((span) => span.parentSpanId === checkout.spanId && span.kind === 'CLIENT')!;
    expect(query.attributes).toMatchObject({
      'pool.wait_ms': wait.attributes['pool.wait_ms'],
      'pool.wait_reason': 'queue',
    });
    expect(only(wait.events)).toMatchObject({
      name: 'pool.saturated',
      attributes: {
        'pool.saturated.waiters': 1,
        'pool.saturated.peak_pending': 1,
        'pool.saturated.holders': [expect.stringMatching(new RegExp(`^SELECT orders \\d+ ms ${report.traceId}$`))],
      },
    });
  });

  it('for a connection to be opened says so, also when it is opened for one in line', async () => {
    const pool = openPool({ connectionLimit: 1 });
    const first = await recorded.inSpan('request', () => pool.promise().getConnection());
    expect(only(waits(recorded)).attributes).toMatchObject({ 'pool.wait_reason': 'connect', 'pool.used': 0 });
    recorded.clear();
    const second = recorded.inSpan('request', () => pool.promise().query('SELECT 1'));
    first.destroy();
    await second;
    expect(only(waits(recorded))).toMatchObject({
      // The longer of the two: on a busy machine that may be the time until the connection was opened.
      attributes: { 'pool.wait_reason': expect.stringMatching(/^(?:connect|queue)$/), 'pool.used': 1 },
      events: [{ name: 'connecting' }],
      parentSpanId: only(spansNamed(recorded, 'request')).spanId,
    });
  });

  it('that is refused, times out or finds no place in line is an error with the state that explains it', async () => {
    const refused = openPool({ uri: 'mysql://u:p@127.0.0.1:1/nowhere' });
    await expect(recorded.inSpan('request', () => refused.promise().query('SELECT 1'))).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    expect(only(waits(recorded))).toMatchObject({
      name: 'pool.acquire nowhere',
      status: { code: 'ERROR' },
      attributes: { 'error.type': 'ECONNREFUSED', 'pool.wait_reason': 'connect' },
    });
    recorded.clear();

    const silent = createServer().listen(0, '127.0.0.1');
    const sockets = new Set<{ destroy(): void }>();
    silent.on('connection', (socket) => void sockets.add(socket));
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const hanging = openPool({ uri: `mysql://u:p@127.0.0.1:${port}/x`, connectTimeout: 80 });
    await expect(hanging.promise().query('SELECT 1')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(only(waits(recorded))).toMatchObject({
      status: { code: 'ERROR', message: 'connect ETIMEDOUT' },
      attributes: { 'error.type': 'timeout', 'pool.wait_reason': 'connect' },
    });
    for (const socket of sockets) socket.destroy();
    silent.close();

    const crowded = await openWarmPool(1, { queueLimit: 1 });
    const impatient = await openWarmPool(1, { waitForConnections: false });
    const held = [await crowded.promise().getConnection(), await impatient.promise().getConnection()];
    const waiting = crowded.promise().query('SELECT 1');
    await expect(crowded.promise().query('SELECT 1')).rejects.toThrow('Queue limit reached');
    await expect(promiseOf((done) => impatient.getConnection(done))).rejects.toThrow('No connections available');
    for (const connection of held) connection.release();
    await waiting;
    expect(waits(recorded).map(({ status, attributes }) => [status.message, attributes['pool.pending']])).toEqual([
      ['Queue limit reached.', 1],
      ['No connections available.', 0],
      [undefined, 0],
    ]);
  });

  it('on an ended pool is no wait, and ends for those in line', async () => {
    const pool = await openWarmPool(1);
    await pool.promise().getConnection();
    const waiting = recorded.inSpan('request', () => pool.promise().query('SELECT 1'));
    pools.splice(0);
    const ended = pool.promise().end();
    await expect(waiting).rejects.toThrow('Pool is closed');
    await ended;
    expect(only(waits(recorded)).status).toEqual({ code: 'ERROR', message: 'Pool is closed.' });
    recorded.clear();
    await expect(pool.promise().query('SELECT 1')).rejects.toThrow('Pool is closed');
    expect(recorded.spans()).toEqual([]);
  });

  it('keeps 200 concurrent callers over 5 connections each in its own trace', async () => {
    const pool = await openWarmPool(5);
    const sql = 'SELECT id FROM orders LIMIT 1';
    const ways: ((see: () => void) => Promise<unknown>)[] = [
      () => pool.promise().query(sql),
      () => pool.promise().execute(sql),
      (see) =>
        promiseOf((done) =>
          pool.query(sql, (error) => {
            see();
            done(error);
          }),
        ),
      (see) =>
        promiseOf((done) =>
          pool.getConnection((error, connection) => {
            see();
            if (error) return done(error);
            connection.execute(sql, (failed) => {
              see();
              connection.release();
              done(failed);
            });
          }),
        ),
      (see) => once(pool.query(sql).on('result', see), 'end'),
    ];
    const own = await crowd(recorded, 200, (i, see) => ways[i % ways.length]!(see));
    expect(waits(recorded)).toHaveLength(195);
    for (const spans of own) {
      const kinds = spans.map((span) => span.kind).sort();
      expect(kinds).toEqual(kinds.length === 1 ? ['CLIENT'] : ['CLIENT', 'INTERNAL']);
    }
  });

  it('in a cluster is the wait for the pool that was chosen, once', async () => {
    const cluster = mysql.createPoolCluster({ defaultSelector: 'ORDER' });
    cluster.add('dead', { uri: 'mysql://u:p@127.0.0.1:1/nowhere' });
    cluster.add('live', { uri: server.url, connectionLimit: 2 });
    await recorded.inSpan('retried', () => promiseOf((done) => cluster.of('*').query('SELECT 1 FROM orders', done)));
    expect(waits(recorded).map(({ name, status }) => [name, status.code])).toEqual([
      ...Array.from({ length: 5 }, () => ['pool.acquire nowhere', 'ERROR']),
      [`pool.acquire ${server.database}`, 'UNSET'],
    ]);
    const live = cluster.of('live');
    const own = await crowd(recorded, 20, (_, see) =>
      promiseOf((done) =>
        live.query('SELECT id FROM orders', (error: Error | null) => {
          see();
          done(error);
        }),
      ),
    );
    for (const spans of own) {
      expect(spans.filter((span) => span.kind === 'CLIENT')).toHaveLength(1);
    }
    // The connection that the first has left is the one that need not be waited for.
    expect(waits(recorded)).toHaveLength(19);
    await promiseOf((done) => cluster.end(done));
  });
});

it('does not mind others who listen to the channels of mysql2', async () => {
  const channels = ['query', 'execute', 'pool:connect'].flatMap((name) =>
    ['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((event) => `tracing:mysql2:${name}:${event}`),
  );
  const messages: unknown[] = [];
  const listener = (message: unknown): void => void messages.push(message);
  for (const channel of channels) subscribe(channel, listener);
  try {
    const pool = await openWarmPool(1);
    const own = await crowd(recorded, 20, async (i) =>
      i % 2 === 0 ? pool.promise().execute('SELECT id FROM orders') : once(pool.query('SELECT id FROM orders'), 'end'),
    );
    expect(own.map((spans) => spans.filter((span) => span.kind === 'CLIENT'))).toEqual(
      Array.from({ length: 20 }, () => [expect.objectContaining({ name: 'SELECT orders' })]),
    );
    expect(messages.length).toBeGreaterThan(40);
  } finally {
    for (const channel of channels) unsubscribe(channel, listener);
  }
});
