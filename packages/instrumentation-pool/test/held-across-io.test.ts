import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { httpInstrumentation } from '@foreshock/instrumentation-http';
import { HeldAcrossIo, poolInstrumentation } from '@foreshock/instrumentation-pool';
import { recordSpans, startPostgres, type Postgres, type ReceivedSpan } from '@foreshock/testkit';
import { diag } from '@opentelemetry/api';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest';

const recorded = recordSpans([dbInstrumentation(), poolInstrumentation(), httpInstrumentation()], {
  spanProcessors: [new HeldAcrossIo() as never],
});
/** Of the slow server: most of the time that a connection is held, on a busy machine too. */
const SLOW_MS = 500;
let server: Server;
let database: Postgres;
let pool: pg.Pool;
let other: pg.Pool;

beforeAll(async () => {
  database = await startPostgres();
  pool = new pg.Pool({ connectionString: database.url, max: 1, idleTimeoutMillis: 0 });
  other = new pg.Pool({ connectionString: await database.createDatabase(), max: 1, idleTimeoutMillis: 0 });
  server = createServer((_request, response) => setTimeout(() => response.end('late'), SLOW_MS));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  await Promise.all([pool.query('SELECT 1'), other.query('SELECT 1'), call()]);
  recorded.clear();
});
afterEach(() => recorded.clear());
afterAll(async () => {
  recorded.stop();
  await Promise.all([pool.end(), other.end(), new Promise((resolve) => server.close(resolve))]);
  await database.stop();
});

/** Without a connection kept for later. */
async function call(): Promise<void> {
  const { port } = server.address() as AddressInfo;
  const [response] = await once(get({ host: '127.0.0.1', port, agent: false }), 'response');
  await once(response.resume(), 'end');
}

async function holding(work: (client: pg.PoolClient) => Promise<unknown>): Promise<void> {
  const client = await pool.connect();
  try {
    await work(client);
  } finally {
    client.release();
  }
}

const marks = (): ReceivedSpan['events'] =>
  recorded.spans().flatMap(({ events }) => events.filter(({ name }) => name === 'pool.held_across_io'));
const wait = (): ReceivedSpan => recorded.spans().find(({ name }) => name.startsWith('pool.acquire'))!;

it('marks a call that a transaction waited for, on its holder, and on who waited for that', async () => {
  let waiting: Promise<unknown> | undefined;
  await recorded.inSpan('holder', () =>
    holding(async (client) => {
      await client.query('BEGIN');
      waiting = recorded.inSpan('waiter', () => pool.query('SELECT 2'));
      await call();
      await client.query('COMMIT');
    }),
  );
  await waiting;
  expect(marks().map(({ attributes }) => attributes)).toEqual([
    {
      'db.client.connection.pool.name': expect.stringContaining(database.database),
      'pool.holder.held_ms': expect.any(Number),
      'pool.held_across_io.ms': expect.any(Number),
      'pool.held_across_io.calls': 1,
      'pool.held_across_io.operation': 'GET',
    },
  ]);
  expect(wait().attributes).toMatchObject({
    'pool.wait_reason': 'queue',
    'pool.holder.operation': 'BEGIN',
    'pool.holder.held_across_io': 'GET',
  });
  expect(wait().attributes['pool.holder.transaction_idle_ms']).toBeGreaterThanOrEqual(SLOW_MS - 1);
});

it('a wait that was given up says how long nothing had run in the transaction of its holder', async () => {
  const impatient = new pg.Pool({ connectionString: database.url, max: 1, connectionTimeoutMillis: SLOW_MS });
  const client = await recorded.inSpan('holder', async () => {
    const taken = await impatient.connect();
    await taken.query('BEGIN');
    return taken;
  });
  recorded.clear();
  await recorded.inSpan('waiter', () => expect(impatient.query('SELECT 2')).rejects.toThrow('timeout'));
  const { 'pool.holder.transaction_idle_ms': idleMs } = wait().attributes;
  await client.query('ROLLBACK');
  client.release();
  await impatient.end();
  expect(idleMs).toBeGreaterThanOrEqual(SLOW_MS - 1);
});

it('no holder is idle in a transaction of an earlier one, nor in one that is perhaps over', async () => {
  const idleAfter = async (...queries: string[]): Promise<unknown> => {
    recorded.clear();
    let waiting: Promise<unknown> | undefined;
    await recorded.inSpan('holder', () =>
      holding(async (client) => {
        for (const text of queries) await client.query(text);
        waiting = recorded.inSpan('waiter', () => pool.query('SELECT 2'));
      }),
    );
    await waiting;
    return wait().attributes['pool.holder.transaction_idle_ms'];
  };
  expect(await idleAfter('BEGIN')).toEqual(expect.any(Number));
  expect(await idleAfter('SELECT 1')).toBe(undefined);
  expect(await idleAfter('ROLLBACK', 'BEGIN', 'SELECT 1; COMMIT')).toBe(undefined);
});

it('counts a query elsewhere, and calls one after the other', async () => {
  await recorded.inSpan('holder', () =>
    holding(async (client) => {
      await client.query('BEGIN');
      await other.query(`SELECT pg_sleep(${SLOW_MS / 1_000})`);
      await client.query('SELECT 3');
      await call();
      await call();
      await client.query('COMMIT');
    }),
  );
  expect(marks().map(({ attributes }) => attributes['pool.held_across_io.calls'])).toEqual([3]);
});

it('leaves alone a holder that has ended: the SDK would complain', async () => {
  const complaints: unknown[] = [];
  const warn = (...args: unknown[]): void => void complaints.push(args);
  diag.setLogger({ error: warn, warn, info() {}, debug() {}, verbose() {} }, { suppressOverrideMessage: true });
  onTestFinished(() => diag.disable());
  const client = await recorded.inSpan('holder', async () => {
    const taken = await pool.connect();
    await taken.query('BEGIN');
    await call();
    await taken.query('COMMIT');
    return taken;
  });
  client.release();
  expect(complaints).toEqual([]);
});

it('says nothing of a call that the holder did not wait for', async () => {
  await recorded.inSpan('beside a query', () =>
    Promise.all([call(), holding((client) => client.query(`SELECT pg_sleep(${SLOW_MS / 500})`))]),
  );
  await recorded.inSpan('beside a transaction', () =>
    Promise.all([
      call(),
      holding(async (client) => {
        for (let i = 0; i < 40; i++) await client.query('SELECT 4');
      }),
    ]),
  );
  await recorded.inSpan('longer', async () => {
    let late: Promise<void> | undefined;
    await holding(async (client) => {
      await client.query('BEGIN');
      late = call();
      await client.query('COMMIT');
    });
    await late;
  });
  await recorded.inSpan('before', async () => {
    await call();
    await holding((client) => client.query('SELECT 5'));
  });
  expect(marks()).toEqual([]);
});
