/* Who holds and who waits, where it was wrong: bursts in one tick, waits without a parent, clients of the user's own. */
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { context, createContextKey, trace } from '@opentelemetry/api';
import { only, recordSpans, saturations, spansNamed, startPostgres, waits, type Postgres } from '@foreshock/testkit';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { poolsWithQueries } from './with-queries.ts';

const recorded = recordSpans(poolsWithQueries());
let server: Postgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterEach(() => recorded.clear());
afterAll(async () => {
  recorded.stop();
  await server.stop();
});

async function warmPool(options: pg.PoolConfig): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString: server.url, max: 1, ...options });
  pool.on('error', () => {});
  await recorded.inSpan('opener', () => pool.query('SELECT 0'));
  recorded.clear();
  return pool;
}

function activeName(): string | undefined {
  return (trace.getSpan(context.active()) as { name?: string } | undefined)?.name;
}

it('a subclass of pg’s Client sees the caller’s trace, by promise and by callback', async () => {
  const seen: (string | undefined)[] = [];
  class TenantClient extends pg.Client {
    override query(...args: any[]): any {
      seen.push(activeName());
      if (typeof args[0] !== 'string' || typeof args.at(-1) !== 'function') return super.query(...(args as [any]));
      // As row level security does it: a setting first, in its callback the query.
      return super.query("SET application_name = 'tenant'", () => {
        seen.push(activeName());
        super.query(...(args as [any]));
      });
    }
  }
  const pool = await warmPool({ Client: TenantClient } as never);
  seen.length = 0;
  await recorded.inSpan('request 1', () => pool.query('SELECT 1 AS one'));
  await recorded.inSpan('request 2', () => new Promise((resolve) => pool.query('SELECT 2 AS two', resolve)));
  await pool.end();
  expect(seen).toEqual(['request 1', 'request 1', 'request 2', 'request 2']);
  const parents = [only(spansNamed(recorded, 'request 1')).spanId, only(spansNamed(recorded, 'request 2')).spanId];
  const queries = recorded.spans().filter(({ kind }) => kind === 'CLIENT');
  expect(queries.map(({ parentSpanId }) => parentSpanId)).toEqual([parents[0], parents[0], parents[1], parents[1]]);
});

it('pools of one database are distinguished by what they call themselves there', async () => {
  const pools = [await warmPool({}), await warmPool({ application_name: 'shop/reports' })];
  await recorded.inSpan('request', () =>
    Promise.all(pools.flatMap((pool) => [pool.query('SELECT 1'), pool.query('SELECT 2')])),
  );
  await Promise.all(pools.map((pool) => pool.end()));
  const { host, pathname } = new URL(server.url);
  const shown = waits(recorded).map(({ name, attributes }) => [name, attributes['db.client.connection.pool.name']]);
  const database = pathname.slice(1);
  expect(Object.fromEntries(shown)).toEqual({
    [`pool.acquire ${database}`]: `${host}/${database}`,
    [`pool.acquire ${database} (shop reports)`]: `${host}/${database} (shop reports)`,
  });
});

it('a time-out in a burst names who had the connection, and counts the burst right', async () => {
  const pool = await warmPool({});
  // Not while it opens the connection, which may take longer.
  pool.options.connectionTimeoutMillis = 60;
  const outcomes = await Promise.allSettled(
    ['first', 'second', 'third', 'fourth'].map((caller) =>
      recorded.inSpan(caller, () => pool.query('SELECT pg_sleep(0.3)')),
    ),
  );
  await pool.end();
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
  const first = only(spansNamed(recorded, 'first'));
  expect(waits(recorded)).toHaveLength(3);
  for (const [i, wait] of waits(recorded).entries()) {
    expect(wait).toMatchObject({
      links: [{ traceId: first.traceId, spanId: first.spanId }],
      attributes: {
        'error.type': 'timeout',
        'pool.used': 1,
        'pool.idle': 0,
        'pool.pending': i,
        'pool.holder.trace_id': first.traceId,
        'pool.holder.operation': 'SELECT',
      },
    });
  }
  expect(only(saturations(recorded)).attributes).toMatchObject({
    'pool.saturated.waiters': 3,
    'pool.saturated.peak_pending': 3,
  });
});

it('a wait without a parent and the queries on its connection are one trace', async () => {
  const pool = new pg.Pool({ connectionString: server.url, max: 1 });
  await pool.query('SELECT 1');
  const client = await pool.connect();
  const waiting = pool.connect();
  client.release();
  const second = await waiting;
  await second.query('SELECT 2');
  await second.query('SELECT 3');
  second.release();
  await pool.query('SELECT 4');
  await pool.end();
  const [opened, queued] = waits(recorded);
  const queries = spansNamed(recorded, 'SELECT');
  expect(queries.map(({ parentSpanId }) => parentSpanId)).toEqual([
    opened!.spanId,
    queued!.spanId,
    queued!.spanId,
    // Nothing waited here.
    '',
  ]);
  expect(queries[0]!.traceId).toBe(opened!.traceId);
  expect(queries[1]!.traceId).toBe(queued!.traceId);
});

it('callers in line of a pg pool that is ended have an end', async () => {
  const pool = await warmPool({});
  const client = await pool.connect();
  void recorded.inSpan('caller', (span) => {
    void pool.query('SELECT 1');
    span.end();
  });
  const ended = pool.end();
  client.release();
  await ended;
  const caller = only(spansNamed(recorded, 'caller'));
  expect(only(waits(recorded).filter(({ parentSpanId }) => parentSpanId === caller.spanId))).toMatchObject({
    status: { code: 'ERROR', message: 'the pool was ended' },
    attributes: { 'error.type': 'pool_ended' },
  });
});

it('of a burst in one tick, each names who held longest while it waited, not who came last', async () => {
  const pool = await warmPool({});
  const hold = (caller: string, seconds: number): Promise<unknown> =>
    recorded.inSpan(caller, () => pool.query(`SELECT pg_sleep(${seconds})`));
  await Promise.all([hold('long', 0.2), hold('short', 0), hold('shorter', 0)]);
  await Promise.all([hold('another', 0), hold('after it', 0)]);
  await pool.end();
  const holders = waits(recorded).map(({ links }) => links.map(({ spanId }) => spanId));
  const [long, another] = ['long', 'another'].map((name) => only(spansNamed(recorded, name)).spanId);
  expect(holders).toEqual([[long], [long], [another]]);
});

it('a connection keeps nothing of the request that opened it', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const pool = new pg.Pool({ connectionString: server.url, max: 1, idleTimeoutMillis: 0 });
  async function opened(): Promise<WeakRef<object>> {
    const known = {};
    const where = context.active().setValue(createContextKey('what the request knows'), known);
    await context.with(where, () => pool.query('SELECT 1'));
    return new WeakRef(known);
  }
  const known = await opened();
  recorded.clear();
  for (let i = 0; i < 5; i++) {
    await turn();
    collect();
  }
  expect(known.deref()).toBeUndefined();
  await pool.end();
});

it('a time-out names who was in the way for most of it, not who has the connection since', async () => {
  const pool = await warmPool({});
  pool.options.connectionTimeoutMillis = 300;
  const spin = (ms: number): void => {
    for (const end = performance.now() + ms; performance.now() < end;);
  };
  const hold = (caller: string, work: (client: pg.PoolClient) => Promise<unknown>): Promise<unknown> =>
    recorded.inSpan(caller, async () => {
      const client = await pool.connect();
      await work(client);
      client.release();
    });
  const refused = Promise.withResolvers<void>();
  const [, , third] = await Promise.allSettled([
    hold('long', async () => spin(280)),
    hold('since', () => refused.promise),
    recorded.inSpan('third', () => pool.connect()).finally(() => refused.resolve()),
  ]);
  await pool.end();
  expect(third.status).toBe('rejected');
  const long = only(spansNamed(recorded, 'long'));
  const wait = waits(recorded).find(({ status }) => status.code === 'ERROR');
  expect(wait?.links).toMatchObject([{ spanId: long.spanId }]);
});
