import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import {
  activeSpanId,
  only,
  recordSpans,
  spansNamed,
  startMariaDb,
  startPostgres,
  type MariaDb,
  type Postgres,
} from '@foreshock/testkit';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

const recorded = recordSpans(dbInstrumentation());
// The class that opens sockets is replaced as it loads.
const { default: mysql } = await import('mysql2');
const own = new AsyncLocalStorage<string>();
let postgres: Postgres;
let mariadb: MariaDb;

beforeAll(async () => {
  [postgres, mariadb] = await Promise.all([startPostgres(), startMariaDb()]);
});
afterEach(() => recorded.clear());
afterAll(async () => {
  recorded.stop();
  await Promise.all([postgres.stop(), mariadb.stop()]);
});

it('pg: notifications and notices belong to no request, and keep the context of the application', async () => {
  const client = new pg.Client(postgres.url);
  const contexts: (string | undefined)[] = [];
  await recorded.inSpan('request', async () => {
    const opened = own.run('opener', () => client.connect());
    await opened;
    await client.query('LISTEN news');
  });
  const handled = new Promise<unknown>((done) => {
    client.on('notification', () => {
      contexts.push(activeSpanId(), own.getStore());
      done(client.query('SELECT 1 FROM pg_class'));
    });
  });
  client.on('notice', () => contexts.push(activeSpanId()));
  await recorded.inSpan('sender', () => client.query("DO $$ BEGIN RAISE NOTICE 'x'; END $$; NOTIFY news"));
  await handled;
  await client.end();
  expect(contexts).toEqual([undefined, undefined, 'opener']);
  const query = only(spansNamed(recorded, 'SELECT pg_class'));
  expect(query.parentSpanId).toBe('');
});

it('pg: a caller that waits for the connection goes on in its own trace', async () => {
  const client = new pg.Client(postgres.url);
  await recorded.inSpan('request', async (span) => {
    const seen = await new Promise((done) => client.connect(() => done(activeSpanId())));
    expect(seen).toBe(span.spanContext().spanId);
    const answered = await new Promise((done) => client.query('SELECT 1', () => done(activeSpanId())));
    expect(answered).toBe(span.spanContext().spanId);
  });
  await client.end();
});

it('mysql2: events of a connection belong to no request, its callbacks to their callers', async () => {
  const seen = await recorded.inSpan('request', async (span) => {
    const connection = own.run('opener', () => mysql.createConnection(mariadb.url));
    expect(connection).toBeInstanceOf(mysql.Connection);
    const ended = new Promise((done) => connection.once('error', () => done([activeSpanId(), own.getStore()])));
    const called = await new Promise((done) => connection.connect(() => done(activeSpanId())));
    expect(called).toBe(span.spanContext().spanId);
    const answered = await new Promise((done) => connection.query('SELECT 1', () => done(activeSpanId())));
    expect(answered).toBe(span.spanContext().spanId);
    const other = mysql.createConnection(mariadb.url);
    await new Promise((done) => other.query(`KILL ${connection.threadId}`, done));
    other.destroy();
    return ended;
  });
  expect(seen).toEqual([undefined, 'opener']);
});

it('mysql2: MariaDB is called by its name, also by a query that is sent before the greeting', async () => {
  const connection = mysql.createConnection(mariadb.url);
  await once(connection, 'connect');
  connection.destroy();
  const early = mysql.createConnection(mariadb.url);
  await new Promise((done) => early.query('SELECT 1', done));
  early.destroy();
  expect(only(spansNamed(recorded, 'SELECT')).attributes['db.system.name']).toBe('mariadb');
});
