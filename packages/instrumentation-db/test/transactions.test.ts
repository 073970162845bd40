/* The query that ends a transaction says how long that was, and for how long nothing ran in it. */
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import {
  recordSpans,
  startMariaDb,
  startPostgres,
  startTdsServer,
  type MariaDb,
  type Postgres,
  type ReceivedSpan,
  type TdsServer,
} from '@foreshock/testkit';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

/** Of the application's own, in a transaction. */
const IDLE_MS = 30;

const recorded = recordSpans(dbInstrumentation());
// After the hooks.
const { default: mariadb } = await import('mariadb');
const { default: postgresJs } = await import('postgres');
const { Connection, Request }: typeof import('tedious') = createRequire(import.meta.url)('tedious');
let postgres: Postgres;
let maria: MariaDb;
let sqlServer: TdsServer;
beforeAll(async () => {
  [postgres, maria, sqlServer] = await Promise.all([startPostgres(), startMariaDb(), startTdsServer()]);
});
afterEach(() => recorded.clear());
afterAll(async () => {
  recorded.stop();
  await Promise.all([postgres.stop(), maria.stop(), sqlServer.stop()]);
});

interface Transactions {
  /** Ends with an error of its work by a rollback. */
  run(work: () => Promise<void>): Promise<unknown>;
  query(text: string): unknown;
  close(): unknown;
}

/** By the methods that a driver has for it. */
async function commitsAround(
  work: () => Promise<void>,
  { begin, commit, rollback }: Record<'begin' | 'commit' | 'rollback', () => unknown>,
): Promise<void> {
  await begin();
  try {
    await work();
    await commit();
  } catch {
    await rollback();
  }
}

/** mysql2's and mariadb's. */
function byMethods(connection: {
  beginTransaction(): Promise<unknown>;
  commit(): Promise<unknown>;
  rollback(): Promise<unknown>;
  query(text: string): unknown;
  end(): Promise<unknown>;
}): Transactions {
  const steps = {
    begin: () => connection.beginTransaction(),
    commit: () => connection.commit(),
    rollback: () => connection.rollback(),
  };
  return {
    run: (work) => commitsAround(work, steps),
    query: (text) => connection.query(text),
    close: () => connection.end(),
  };
}

const drivers: Record<string, () => Promise<Transactions>> = {
  async pg() {
    const client = new pg.Client(postgres.url);
    await client.connect();
    const query = (text: string): unknown => client.query(text);
    const steps = { begin: () => query('BEGIN'), commit: () => query('COMMIT'), rollback: () => query('ROLLBACK') };
    return { run: (work) => commitsAround(work, steps), query, close: () => client.end() };
  },
  async mysql2() {
    const connection = await mysql.createConnection(maria.url);
    return byMethods(connection);
  },
  async mariadb() {
    const { hostname: host, port, username: user, password, pathname } = new URL(maria.url);
    const database = pathname.slice(1);
    const connection = await mariadb.createConnection({ host, port: Number(port), user, password, database });
    return byMethods(connection);
  },
  async postgres() {
    const sql = postgresJs(postgres.url, { max: 1 });
    let own: { unsafe(text: string): unknown } | undefined;
    return {
      run: (work) =>
        sql
          .begin(async (transaction) => {
            own = transaction;
            await work();
          })
          .catch(() => {}),
      query: (text) => own!.unsafe(text),
      close: () => sql.end(),
    };
  },
  async 'node:sqlite'() {
    const database = new DatabaseSync(':memory:');
    const query = (text: string): unknown => database.exec(text);
    const steps = { begin: () => query('BEGIN'), commit: () => query('COMMIT'), rollback: () => query('ROLLBACK') };
    return { run: (work) => commitsAround(work, steps), query, close: () => database.close() };
  },
  async tedious() {
    const { host: server, port, database } = sqlServer;
    const authentication = { type: 'default', options: { userName: 'test', password: 'test' } };
    const connection = new Connection({ server, authentication, options: { port, database, encrypt: false } } as never);
    await new Promise((done) => connection.connect(done));
    const called = (method: 'beginTransaction' | 'commitTransaction' | 'rollbackTransaction') => () =>
      new Promise((done) => connection[method](done as never));
    const steps = {
      begin: called('beginTransaction'),
      commit: called('commitTransaction'),
      rollback: called('rollbackTransaction'),
    };
    const query = (text: string): unknown => new Promise((done) => connection.execSql(new Request(text, done)));
    return { run: (work) => commitsAround(work, steps), query, close: () => connection.close() };
  },
};

function ended(): ReceivedSpan[] {
  return recorded.spans().filter(({ attributes }) => 'db.transaction.ms' in attributes);
}

it.each(Object.entries(drivers))('%s', async (_name, open) => {
  const { run, query, close } = await open();
  await run(async () => {
    await query('SELECT 1');
    await delay(IDLE_MS);
    await query('SELECT 2');
  });
  await run(async () => {
    throw new Error('refused');
  });
  await close();
  const [committed, rolledBack] = ended();
  expect(ended()).toHaveLength(2);
  expect([committed!.name, rolledBack!.name]).toEqual([
    expect.stringMatching(/^commit$/i),
    expect.stringMatching(/^rollback$/i),
  ]);
  const { 'db.transaction.ms': ms, 'db.transaction.idle_ms': idleMs } = committed!.attributes;
  // A timer may be early by one.
  expect(idleMs).toBeGreaterThanOrEqual(IDLE_MS - 1);
  expect(ms).toBeGreaterThanOrEqual(idleMs as number);
});

it('nothing is said of a transaction whose beginning failed, or whose end is not sure', async () => {
  const client = new pg.Client(postgres.url);
  await client.connect();
  await expect(client.query('BEGIN READ ONLY nonsense')).rejects.toThrow('syntax');
  await client.query('COMMIT');
  await client.query('BEGIN');
  await client.query('COMMIT AND CHAIN');
  await client.query('COMMIT');
  expect(ended()).toEqual([]);
  await client.end();
});
