import { createServer, type Server } from 'node:net';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { context, trace } from '@opentelemetry/api';
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import {
  only,
  recordSpans,
  saturations,
  shows,
  startPostgres,
  type Postgres,
  type ReceivedSpan,
  versionOf,
} from '@foreshock/testkit';
import pg from 'pg';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const LEAK_MS = 300;
const recorded = recordSpans([dbInstrumentation(), poolInstrumentation({ leakMs: LEAK_MS })]);
const pools: pg.Pool[] = [];
let server: Postgres;

beforeAll(async () => {
  server = await startPostgres();
  const pool = new pg.Pool({ connectionString: server.url });
  await pool.query('CREATE TABLE orders (id int PRIMARY KEY, note text); ');
  await pool.query("INSERT INTO orders SELECT i, 'note ' || i FROM generate_series(1, 20) i");
  await pool.end();
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => (pool.ending ? undefined : pool.end())));
  recorded.clear();
});
afterAll(async () => {
  recorded.stop();
  await server.stop();
});

function openPool(options: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString: server.url, ...options });
  pool.on('error', () => {});
  pools.push(pool);
  return pool;
}

/** A pool with all its connections open and idle, so that only the test's own waits are waits. */
async function openWarmPool(max: number, options: pg.PoolConfig = {}): Promise<pg.Pool> {
  const pool = openPool({ max, ...options });
  const clients = await Promise.all(Array.from({ length: max }, () => pool.connect()));
  for (const client of clients) client.release();
  recorded.clear();
  return pool;
}

function spansNamed(name: string): ReceivedSpan[] {
  return recorded.spans().filter((span) => span.name === name);
}

function waits(): ReceivedSpan[] {
  return recorded.spans().filter((span) => span.name.startsWith('pool.acquire'));
}

function activeSpanId(): string | undefined {
  return trace.getSpanContext(context.active())?.spanId;
}

describe('a query', () => {
  it('is one CLIENT span with the stable conventions and the state of its pool', async () => {
    const pool = await openWarmPool(2);
    const { rows } = await recorded.inSpan('request', () =>
      pool.query("SELECT note FROM orders WHERE id = $1 AND note <> 'secret 42'", [7]),
    );
    expect(rows).toEqual([{ note: 'note 7' }]);
    const request = only(spansNamed('request'));
    const query = only(spansNamed('SELECT orders'));
    expect(query).toMatchObject({
      kind: 'CLIENT',
      traceId: request.traceId,
      parentSpanId: request.spanId,
      status: { code: 'UNSET' },
      scope: '@foreshock/instrumentation-db',
    });
    expect(query.attributes).toEqual({
      'db.system.name': 'postgresql',
      'db.namespace': server.database,
      'db.query.text': 'SELECT note FROM orders WHERE id = $1 AND note <> ?',
      'db.query.summary': 'SELECT orders',
      'db.operation.name': 'SELECT',
      'db.collection.name': 'orders',
      'db.response.returned_rows': 1,
      'server.address': server.host,
      'server.port': server.port,
      'db.client.connection.pool.name': `${server.host}:${server.port}/${server.database}`,
      'pool.used': 0,
      'pool.idle': 2,
      'pool.pending': 0,
      'pool.limit': 2,
    });
    expect(waits()).toEqual([]);
  });

  it('comes out the same by promise, callback, client, Query object, cursor and stream, and calls back where the caller was', async () => {
    const pool = await openWarmPool(1);
    await recorded.inSpan('request', async (request) => {
      const { spanId } = request.spanContext();
      const seen: (string | undefined)[] = [];
      const see = (): void => void seen.push(activeSpanId());

      await pool.query('SELECT 1 FROM orders');
      see();
      await new Promise<void>((resolve, reject) => {
        pool.query('SELECT 2 FROM orders', (error) => {
          see();
          if (error) reject(error);
          else resolve();
        });
      });
      const client = await pool.connect();
      see();
      await client.query({ name: 'named', text: 'SELECT 3 FROM orders WHERE id = $1', values: [1] });
      see();
      await new Promise<void>((resolve, reject) => {
        client
          .query(new pg.Query('SELECT 4 FROM orders'))
          .on('error', reject)
          .on('end', () => {
            see();
            resolve();
          });
      });
      const cursor = client.query(new Cursor('SELECT id FROM orders ORDER BY id'));
      expect(await cursor.read(3)).toHaveLength(3);
      await cursor.close();
      see();
      let streamed = 0;
      for await (const _row of client.query(new QueryStream('SELECT note FROM orders'))) streamed++;
      expect(streamed).toBe(20);
      see();
      client.release();
      expect(seen).toEqual(Array.from({ length: 7 }, () => spanId));
    });
    const request = only(spansNamed('request'));
    const queries = spansNamed('SELECT orders');
    expect(queries.map((span) => span.attributes['db.query.text'])).toEqual([
      'SELECT ? FROM orders',
      'SELECT ? FROM orders',
      'SELECT ? FROM orders WHERE id = $1',
      'SELECT ? FROM orders',
      'SELECT id FROM orders ORDER BY id',
      'SELECT note FROM orders',
    ]);
    for (const query of queries) {
      expect(query).toMatchObject({
        parentSpanId: request.spanId,
        traceId: request.traceId,
        status: { code: 'UNSET' },
      });
    }
  });

  it('that fails has the SQLSTATE and the message, and the caller gets his error', async () => {
    const pool = await openWarmPool(1);
    await expect(recorded.inSpan('request', () => pool.query('SELECT * FROM missing'))).rejects.toMatchObject({
      code: '42P01',
    });
    expect(only(spansNamed('SELECT missing'))).toMatchObject({
      status: { code: 'ERROR', message: 'relation' },
      attributes: { 'error.type': '42P01', 'db.response.status_code': '42P01' },
    });
  });

  it('whose connection breaks, times out or is refused ends with an error too', async () => {
    const pool = await openWarmPool(1);
    const client = await pool.connect();
    client.on('error', () => {});
    const broken = client.query('SELECT pg_sleep(10) FROM orders');
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    await expect(broken).rejects.toThrow('Connection terminated');
    await expect(client.query('SELECT 1 FROM orders')).rejects.toThrow('not queryable');
    client.release(true);
    const [first, second] = spansNamed('SELECT orders');
    expect(first).toMatchObject({
      status: { code: 'ERROR', message: expect.stringContaining('Connection terminated') },
    });
    expect(second).toMatchObject({ status: { code: 'ERROR' }, attributes: { 'error.type': 'Error' } });
    recorded.clear();

    const impatient = await openWarmPool(1, { query_timeout: 30 });
    await expect(impatient.query('SELECT pg_sleep(0.3) FROM orders LIMIT 1')).rejects.toThrow('Query read timeout');
    expect(only(spansNamed('SELECT orders'))).toMatchObject({
      status: { code: 'ERROR', message: 'Query read timeout' },
    });
  });

  it('that is none is the caller’s error alone', async () => {
    const pool = await openWarmPool(1);
    const client = await pool.connect();
    expect(() => client.query(null as never)).toThrow(TypeError);
    await expect(client.query('')).resolves.toMatchObject({ rowCount: null });
    client.release();
  });
});

describe('a wait', () => {
  it('for a full pool is a sibling of the query, with who held the connection', async () => {
    shows('pg', ['wait', 'state'], versionOf('pg'));
    const pool = await openWarmPool(1);
    const slow = recorded.inSpan('report', () => pool.query('SELECT pg_sleep(0.15), count(*) FROM orders'));
    await delay(20);
    await recorded.inSpan('checkout', () => pool.query('SELECT 1 FROM orders'));
    await slow;
    const report = only(spansNamed('report'));
    const checkout = only(spansNamed('checkout'));
    const wait = only(waits());
    expect(wait).toMatchObject({
      name: `pool.acquire ${server.database}`,
      kind: 'INTERNAL',
      traceId: checkout.traceId,
      parentSpanId: checkout.spanId,
      status: { code: 'UNSET' },
      links: [{ traceId: report.traceId, spanId: report.spanId }],
    });
    expect(wait.attributes).toEqual({
      'db.system.name': 'postgresql',
      'db.client.connection.pool.name': `${server.host}:${server.port}/${server.database}`,
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
      'pool.used': 1,
    });
    expect(query.startTime).toBeGreaterThanOrEqual(wait.startTime + 50);
  });

  it.each(['subclass', 'patch'])(
    'shows the %s of a client that makes a query, itself in its caller’s trace',
    async (kind) => {
      const seen: string[] = [];
      const note = (): void => void seen.push((trace.getActiveSpan() as { name?: string } | undefined)?.name ?? 'none');
      class Subclass extends pg.Client {
        // @ts-expect-error -- one signature for all
        override query(...args: [any]): unknown {
          note();
          return super.query(...args);
        }
      }
      const { query } = pg.Client.prototype;
      if (kind === 'patch') {
        pg.Client.prototype.query = function (this: pg.Client, ...args: [any]) {
          note();
          return query.apply(this, args as never);
        } as typeof query;
      }
      try {
        const pool = await openWarmPool(1, { ...(kind === 'subclass' && { Client: Subclass as never }) });
        const callers = Array.from({ length: 5 }, (_, i) => `caller ${i}`);
        await Promise.all(callers.map((caller) => recorded.inSpan(caller, () => pool.query('SELECT 1'))));
        expect(seen).toEqual(callers);
        const spans = callers.map((caller) => only(spansNamed(caller)).spanId);
        expect(spansNamed('SELECT').map(({ parentSpanId }) => parentSpanId)).toEqual(spans);
      } finally {
        pg.Client.prototype.query = query;
      }
    },
  );

  it('for a connection to be opened says so', async () => {
    const pool = openPool({ max: 2 });
    await recorded.inSpan('request', () => pool.query('SELECT 1'));
    expect(only(waits()).attributes).toMatchObject({ 'pool.wait_reason': 'connect', 'pool.used': 0, 'pool.limit': 2 });
    expect(only(waits()).attributes).not.toHaveProperty('pool.holder.trace_id');
  });

  it('that times out is an error with the state that explains it', async () => {
    const pool = await openWarmPool(1);
    const client = await pool.connect();
    // From here on: on a busy machine to open a connection takes longer.
    pool.options.connectionTimeoutMillis = 60;
    await expect(recorded.inSpan('promise', () => pool.query('SELECT 1'))).rejects.toThrow('timeout exceeded');
    await expect(
      recorded.inSpan(
        'callback',
        () => new Promise((resolve, reject) => pool.connect((error) => (error ? reject(error) : resolve(undefined)))),
      ),
    ).rejects.toThrow('timeout exceeded');
    expect(pool.waitingCount).toBe(0);
    client.release();
    expect(waits()).toHaveLength(2);
    for (const wait of waits()) {
      expect(wait).toMatchObject({
        status: { code: 'ERROR', message: 'timeout exceeded when trying to connect' },
        attributes: { 'error.type': 'timeout', 'pool.used': 1, 'pool.limit': 1, 'pool.wait_reason': 'queue' },
      });
    }
  });

  it('for a server that refuses or never answers fails as it would alone', async () => {
    const refused = openPool({ connectionString: `postgres://u:p@127.0.0.1:1/nowhere` });
    await expect(recorded.inSpan('request', () => refused.query('SELECT 1'))).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    expect(only(waits())).toMatchObject({
      name: 'pool.acquire nowhere',
      status: { code: 'ERROR' },
      attributes: { 'error.type': 'ECONNREFUSED', 'pool.wait_reason': 'connect' },
    });
    recorded.clear();

    const sockets = new Set<{ destroy(): void }>();
    const silent: Server = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    const hanging = openPool({ connectionString: `postgres://u:p@127.0.0.1:${port}/x`, connectionTimeoutMillis: 80 });
    await expect(hanging.query('SELECT 1')).rejects.toThrow('connection timeout');
    expect(only(waits()).attributes).toMatchObject({ 'error.type': 'timeout', 'pool.wait_reason': 'connect' });
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('on an ended pool is no wait', async () => {
    const pool = await openWarmPool(1);
    await pool.end();
    await expect(pool.query('SELECT 1')).rejects.toThrow('Cannot use a pool after calling end');
    expect(recorded.spans()).toEqual([]);
  });

  it('leaves 200 concurrent requests over 5 connections each its own trace', async () => {
    const pool = await openWarmPool(5);
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        recorded.inSpan(`request ${i}`, async (span) => {
          const { spanId } = span.spanContext();
          if (i % 2 === 0) await pool.query('SELECT $1::int AS i FROM orders LIMIT 1', [i]);
          else {
            await new Promise<void>((resolve, reject) => {
              pool.connect((error, client, release) => {
                if (error || !client) return reject(error);
                expect(activeSpanId()).toBe(spanId);
                client.query('SELECT $1::int AS i FROM orders LIMIT 1', [i], (failed) => {
                  expect(activeSpanId()).toBe(spanId);
                  release();
                  if (failed) reject(failed);
                  else resolve();
                });
              });
            });
          }
          expect(activeSpanId()).toBe(spanId);
        }),
      ),
    );
    const spans = recorded.spans();
    const queries = spans.filter((span) => span.name === 'SELECT orders');
    expect(queries).toHaveLength(200);
    expect(waits()).toHaveLength(195);
    for (let i = 0; i < 200; i++) {
      const request = only(spansNamed(`request ${i}`));
      const own = spans.filter((span) => span.parentSpanId === request.spanId);
      expect(own.every((span) => span.traceId === request.traceId)).toBe(true);
      expect(own.map((span) => span.kind).sort()).toEqual(own.length === 1 ? ['CLIENT'] : ['CLIENT', 'INTERNAL']);
    }
  });
});

describe('a pool', () => {
  it('that was full while callers waited says so once, with the waits and who held the connections', async () => {
    const pool = await openWarmPool(2);
    const slow = recorded.inSpan('report', () => pool.query('SELECT pg_sleep(0.12), count(*) FROM orders'));
    const slower = recorded.inSpan('export', () => pool.query('SELECT pg_sleep(0.2), count(*) FROM orders'));
    await nextTurn();
    await Promise.all(Array.from({ length: 7 }, () => pool.query('SELECT 1 FROM orders LIMIT 1')));
    await Promise.all([slow, slower]);
    await pool.query('SELECT 1');
    const { attributes } = only(saturations(recorded));
    expect(attributes).toMatchObject({
      'pool.saturated.waiters': 7,
      'pool.saturated.peak_pending': 7,
      'pool.saturated.holders': expect.arrayContaining(
        ['report', 'export'].map((name) => {
          const { traceId } = only(spansNamed(name));
          return expect.stringMatching(new RegExp(`^SELECT orders \\d+ ms ${traceId}$`));
        }),
      ),
    });
    const longest = Math.max(...waits().map((wait) => wait.attributes['pool.wait_ms'] as number));
    expect(attributes['pool.saturated.longest_wait_ms']).toBe(longest);
    expect(attributes['pool.saturated.ms']).toBeGreaterThanOrEqual(longest);
    // No request began it: no trace of its own.
    expect(
      recorded.spans().filter(({ name, parentSpanId }) => parentSpanId === '' && name.startsWith('pool.')),
    ).toEqual(waits().filter(({ parentSpanId }) => parentSpanId === ''));
  });

  it('that is only busy has none: 20 ms are what counts as full', async () => {
    const pool = await openWarmPool(2);
    await Promise.all(Array.from({ length: 4 }, () => pool.query('SELECT 1')));
    // On a busy machine even these may wait for so long.
    const saturated = saturations(recorded).map(({ attributes }) => attributes['pool.saturated.ms']);
    expect(saturated).toEqual(saturated.length > 0 ? [expect.toSatisfy((ms: number) => ms >= 20)] : []);
  });

  it('reports a connection that is not returned, on the span that took it or in its trace', async () => {
    const pool = await openWarmPool(2);
    const late = recorded.inSpan('forgetful', async () => {
      const client = await pool.connect();
      await client.query('SELECT 1 FROM orders LIMIT 1');
      return client;
    });
    const open = recorded.inSpan('slow', async () => {
      const client = await pool.connect();
      await delay(LEAK_MS + 150);
      client.release();
    });
    await open;
    (await late).release();
    const [forgetful, slow] = [only(spansNamed('forgetful')), only(spansNamed('slow'))];
    expect(only(spansNamed(`pool.leak ${server.database}`))).toMatchObject({
      traceId: forgetful.traceId,
      parentSpanId: forgetful.spanId,
      attributes: { 'pool.holder.operation': 'SELECT orders', 'pool.holder.held_ms': expect.any(Number) },
    });
    expect(slow.events).toMatchObject([
      { name: 'pool.leak', attributes: { 'pool.holder.held_ms': expect.any(Number) } },
    ]);
  });
});

describe('metrics', () => {
  it('are right for several pools, and summed where two pools share a name', async () => {
    const name = `${server.host}:${server.port}/${server.database}`;
    const other = await server.createDatabase();
    const first = await openWarmPool(3, { min: 1 });
    await openWarmPool(2);
    const elsewhere = await openWarmPool(2, { connectionString: other });
    const held = await Promise.all([first.connect(), first.connect(), elsewhere.connect()]);
    const waiting = [elsewhere.connect(), elsewhere.connect()];
    held.push(await waiting[0]!);

    const values = new Map<string, number | undefined>();
    for (const metric of await recorded.metrics()) {
      for (const point of metric.points) {
        const { 'db.client.connection.pool.name': pool, 'db.client.connection.state': state } = point.attributes;
        values.set([metric.name, pool, state].filter(Boolean).join(' '), point.value ?? point.count);
      }
    }
    for (const client of held) client.release();
    (await waiting[1]!).release();
    const otherName = name.replace(server.database, new URL(other).pathname.slice(1));
    expect(Object.fromEntries(values)).toMatchObject({
      [`db.client.connection.count ${name} used`]: 2,
      [`db.client.connection.count ${name} idle`]: 3,
      [`db.client.connection.limit ${name}`]: 5,
      [`db.client.connection.idle.min ${name}`]: 1,
      [`db.client.connection.pending_requests ${name}`]: 0,
      [`db.client.connection.pending_requests ${otherName}`]: 1,
      [`db.client.connection.count ${otherName} used`]: 2,
      [`db.client.connection.count ${otherName} idle`]: 0,
      [`db.client.connection.limit ${otherName}`]: 2,
    });
  });
});
