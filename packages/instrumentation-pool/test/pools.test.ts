/* Pools of anything over connections of a driver: the wait is the pool's, the query the driver's, each once. */
import { setTimeout as delay } from 'node:timers/promises';
import { poolsWithQueries } from './with-queries.ts';
import {
  crowd,
  only,
  recordSpans,
  saturations,
  shows,
  spansNamed,
  startMariaDb,
  startPostgres,
  versionOf,
  waits,
  type MariaDb,
  type Postgres,
} from '@foreshock/testkit';
import { createPool } from 'generic-pool';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { Pool as SequelizePool } from 'sequelize-pool';
import { Pool as TarnPool } from 'tarn';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

interface Factory<T> {
  create(): Promise<T>;
  destroy(resource: T): Promise<void>;
  validate?(resource: T): boolean;
}

interface Options {
  max: number;
  timeoutMs?: number;
}

/** The part of a pool that all three have. */
interface AnyPool<T> {
  acquire(): Promise<T>;
  release(resource: T): unknown;
  end(): Promise<unknown>;
}

type Library = 'tarn' | 'generic-pool' | 'sequelize-pool';
type Open = <T extends object>(factory: Factory<T>, options: Options) => AnyPool<T>;

const libraries: Record<Library, Open> = {
  tarn(factory, { max, timeoutMs = 30_000 }) {
    const pool = new TarnPool({ ...factory, min: 0, max, acquireTimeoutMillis: timeoutMs, propagateCreateError: true });
    return {
      acquire: () => pool.acquire().promise,
      release: (resource) => pool.release(resource),
      end: () => pool.destroy(),
    };
  },
  'generic-pool'({ create, destroy, validate }, { max, timeoutMs = 30_000 }) {
    const pool = createPool<any>(
      { create, destroy, ...(validate && { validate: async (resource) => validate(resource) }) },
      { max, acquireTimeoutMillis: timeoutMs, testOnBorrow: validate !== undefined },
    );
    return {
      acquire: async () => pool.acquire(),
      release: (resource) => void pool.release(resource),
      end: async () => {
        await pool.drain();
        await pool.clear();
      },
    };
  },
  'sequelize-pool'(factory, { max, timeoutMs = 30_000 }) {
    const pool = new SequelizePool({ validate: () => true, ...factory, min: 0, max, acquireTimeoutMillis: timeoutMs });
    return {
      acquire: () => pool.acquire(),
      release: (resource) => pool.release(resource),
      end: async () => {
        await pool.drain();
        await pool.destroyAllNow();
      },
    };
  },
};

const recorded = recordSpans(poolsWithQueries());
let postgres: Postgres;
let mariadb: MariaDb;
beforeAll(async () => {
  [postgres, mariadb] = await Promise.all([startPostgres(), startMariaDb()]);
  const client = await pgClients.create();
  await client.query('CREATE TABLE orders AS SELECT generate_series(1, 20) AS id');
  await client.end();
});
afterEach(() => recorded.clear());
afterAll(async () => {
  recorded.stop();
  await Promise.all([postgres.stop(), mariadb.stop()]);
});

const pgClients: Factory<pg.Client> = {
  async create() {
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    return client;
  },
  destroy: (client) => client.end(),
};

/** The wrapper of `mysql2/promise`: what is pooled is not what the queries are reported on. */
const mysqlConnections: Factory<mysql.Connection> = {
  create: () => mysql.createConnection(mariadb.url),
  destroy: (connection) => connection.end(),
};

describe.each(Object.entries(libraries) as [Library, Open][])('%s', (library, open) => {
  it('has one wait and one query, named by where the connections lead', async () => {
    shows(library, ['wait', 'state'], versionOf(library));
    const pool = open(pgClients, { max: 1 });
    const taken = Promise.withResolvers<void>();
    const slow = recorded.inSpan('report', async () => {
      const client = await pool.acquire();
      taken.resolve();
      await client.query('SELECT pg_sleep(0.1), count(*) FROM orders');
      pool.release(client);
    });
    await taken.promise;
    await recorded.inSpan('checkout', async () => {
      const client = await pool.acquire();
      await client.query('SELECT id FROM orders LIMIT 1');
      await client.query('SELECT 2 FROM orders LIMIT 1');
      pool.release(client);
    });
    await slow;
    await pool.end();
    const [report, checkout] = [only(spansNamed(recorded, 'report')), only(spansNamed(recorded, 'checkout'))];
    const poolName = `${postgres.host}:${postgres.port}/${postgres.database}`;
    const [connect, queue] = waits(recorded);
    expect(waits(recorded)).toHaveLength(2);
    expect(connect).toMatchObject({
      name: `pool.acquire ${postgres.database}`,
      parentSpanId: report.spanId,
      attributes: {
        'db.system.name': 'postgresql',
        'db.client.connection.pool.name': poolName,
        'pool.wait_reason': 'connect',
        'pool.used': 0,
        'pool.limit': 1,
      },
    });
    expect(queue).toMatchObject({
      name: `pool.acquire ${postgres.database}`,
      kind: 'INTERNAL',
      parentSpanId: checkout.spanId,
      links: [{ traceId: report.traceId, spanId: report.spanId }],
    });
    expect(queue!.attributes).toEqual({
      'db.system.name': 'postgresql',
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
    const [first, second] = recorded
      .spans()
      .filter((span) => span.parentSpanId === checkout.spanId && span.kind === 'CLIENT');
    expect(first!.attributes).toMatchObject({
      'db.query.text': 'SELECT id FROM orders LIMIT ?',
      'db.client.connection.pool.name': poolName,
      'pool.used': 1,
      'pool.wait_ms': queue!.attributes['pool.wait_ms'],
    });
    expect(second!.attributes).toMatchObject({ 'db.client.connection.pool.name': poolName });
    expect(second!.attributes).not.toHaveProperty('pool.wait_ms');
    expect(only(saturations(recorded))).toMatchObject({ attributes: { 'pool.saturated.waiters': 1 } });
  });

  it('knows the connection inside a driver’s wrapper', async () => {
    const pool = open(mysqlConnections, { max: 1 });
    await recorded.inSpan('request', async () => {
      const connection = await pool.acquire();
      await connection.execute('SELECT 1');
      pool.release(connection);
    });
    await pool.end();
    expect(only(spansNamed(recorded, 'SELECT')).attributes).toMatchObject({
      'db.system.name': 'mariadb',
      'db.client.connection.pool.name': `${mariadb.host}:${mariadb.port}/${mariadb.database}`,
      'pool.limit': 1,
      'pool.wait_reason': 'connect',
    });
  });

  it('distinguishes a time-out from a refused connection, each with the state that explains it', async () => {
    const pool = open(
      { ...pgClients, create: async () => new pg.Client({ connectionString: postgres.url }) },
      { max: 1, timeoutMs: 30 },
    );
    const held = await pool.acquire();
    recorded.clear();
    await expect(recorded.inSpan('request', () => pool.acquire())).rejects.toMatchObject({
      message: expect.any(String),
    });
    expect(only(waits(recorded))).toMatchObject({
      status: { code: 'ERROR' },
      parentSpanId: only(spansNamed(recorded, 'request')).spanId,
      attributes: { 'error.type': 'timeout', 'pool.used': 1, 'pool.limit': 1, 'pool.wait_reason': 'queue' },
    });
    pool.release(held);
    await pool.end();
    recorded.clear();

    const refusing = open(
      {
        async create() {
          const client = new pg.Client({ connectionString: 'postgres://u:p@127.0.0.1:1/nowhere' });
          await client.connect();
          return client;
        },
        destroy: async () => {},
      },
      // generic-pool tries again until the caller's time is up, and keeps the reason to itself.
      { max: 1, timeoutMs: library === 'generic-pool' ? 50 : 30_000 },
    );
    await expect(recorded.inSpan('request', () => refusing.acquire())).rejects.toMatchObject({
      message: expect.any(String),
    });
    const type = library === 'generic-pool' ? 'timeout' : 'ECONNREFUSED';
    expect(only(waits(recorded))).toMatchObject({
      name: `pool.acquire ${library}`,
      status: { code: 'ERROR' },
      attributes: { 'error.type': type, 'pool.wait_reason': 'connect', 'pool.used': 0 },
    });
  });

  it('shows the wait behind an idle connection that was dead', async () => {
    const dead = new WeakSet<object>();
    const pool = open(
      {
        async create() {
          await delay(20);
          return {};
        },
        destroy: async () => {},
        validate: (resource) => !dead.has(resource),
      },
      { max: 2 },
    );
    const resource = await pool.acquire();
    pool.release(resource);
    recorded.clear();
    const again = await recorded.inSpan('alive', () => pool.acquire());
    expect(again).toBe(resource);
    expect(waits(recorded)).toEqual([]);
    pool.release(again);
    dead.add(resource);
    pool.release(await recorded.inSpan('dead', () => pool.acquire()));
    expect(only(waits(recorded))).toMatchObject({
      parentSpanId: only(spansNamed(recorded, 'dead')).spanId,
      attributes: { 'pool.idle': 1, 'pool.wait_reason': 'connect' },
    });
    await pool.end();
  });

  it('keeps 200 concurrent callers over 5 connections each in its own trace', async () => {
    const pool = open(pgClients, { max: 5 });
    const own = await crowd(recorded, 200, async () => {
      const client = await pool.acquire();
      await client.query('SELECT id FROM orders LIMIT 1');
      pool.release(client);
    });
    await pool.end();
    for (const spans of own) {
      expect(spans.map((span) => span.name)).toEqual([`pool.acquire ${postgres.database}`, 'SELECT orders']);
    }
  });
});

it.each<[string, () => Promise<() => Promise<unknown>>]>([
  [
    'generic-pool, for min',
    async () => {
      const pool = createPool(
        { create: async () => ({}), destroy: async () => {}, validate: async () => true },
        { min: 1, max: 2, testOnBorrow: true },
      );
      await pool.ready();
      return async () => pool.acquire();
    },
  ],
  [
    'tarn, for a caller that left',
    async () => {
      const opened = Promise.withResolvers<object>();
      const pool = new TarnPool({ create: () => opened.promise, destroy: () => {}, min: 0, max: 2 });
      const left = pool.acquire();
      left.abort();
      await left.promise.catch(() => {});
      opened.resolve({});
      await new Promise((resolve) => pool.on('createSuccess', resolve));
      return () => pool.acquire().promise;
    },
  ],
])('nobody waits for a connection that was opened before: %s', async (_, open) => {
  const acquire = await open();
  recorded.clear();
  await recorded.inSpan('caller', () => {
    const acquired = acquire();
    // Longer than an idle connection takes.
    queueMicrotask(() => {
      for (const start = performance.now(); performance.now() - start < 20;);
    });
    return acquired;
  });
  expect(recorded.spans().map(({ name }) => name)).toEqual(['caller']);
});

it('tarn’s operation and promise are its own', async () => {
  const descriptor = Object.getOwnPropertyDescriptor(TarnPool.prototype, 'acquire')!;
  let made: unknown;
  const spy = function (this: TarnPool<object>) {
    return (made = descriptor.value.call(this));
  };
  Object.defineProperty(TarnPool.prototype, 'acquire', { ...descriptor, value: spy });
  try {
    const pool = new TarnPool<object>({ create: async () => ({}), destroy() {}, min: 0, max: 1 });
    const operation = pool.acquire();
    expect(operation).toBe(made);
    pool.release(await operation.promise);
    await pool.destroy();
  } finally {
    Object.defineProperty(TarnPool.prototype, 'acquire', descriptor);
  }
  expect(waits(recorded)).toHaveLength(1);
});

it('generic-pool pools what is no object, and serves the urgent first', async () => {
  let next = 1;
  const pool = createPool<number>(
    { create: async () => next++, destroy: async () => {} },
    { max: 1, priorityRange: 2 },
  );
  expect(await pool.acquire()).toBe(1);
  recorded.clear();
  const order: string[] = [];
  const call = (name: string, priority: number): Promise<void> =>
    recorded.inSpan(name, async () => {
      const resource = await pool.acquire(priority);
      order.push(name);
      await pool.release(resource);
    });
  const calls = [call('patient', 1), call('urgent', 0)];
  await pool.release(1);
  await Promise.all(calls);
  expect(order).toEqual(['urgent', 'patient']);
  expect(waits(recorded).map((wait) => wait.parentSpanId)).toEqual([
    only(spansNamed(recorded, 'urgent')).spanId,
    only(spansNamed(recorded, 'patient')).spanId,
  ]);
});
