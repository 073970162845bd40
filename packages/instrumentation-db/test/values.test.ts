import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { only, recordSpans, startMariaDb, startPostgres, type MariaDb, type Postgres } from '@foreshock/testkit';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const MAIL = 'alice@example.com';
const recorded = recordSpans(dbInstrumentation());
let postgres: Postgres;
let mariadb: MariaDb;
let client: pg.Client;
let connection: mysql.Connection;

beforeAll(async () => {
  [postgres, mariadb] = await Promise.all([startPostgres(), startMariaDb()]);
  client = new pg.Client(postgres.url);
  await client.connect();
  await client.query('CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE)');
  await client.query('INSERT INTO users VALUES (1, $1)', [MAIL]);
  connection = await mysql.createConnection(mariadb.url);
  await connection.query('CREATE TABLE users (id int PRIMARY KEY, email varchar(99) UNIQUE)');
  await connection.query('INSERT INTO users VALUES (1, ?)', [MAIL]);
  recorded.clear();
});
afterEach(() => recorded.clear());
afterAll(async () => {
  recorded.stop();
  await client.end();
  await connection.end();
  await Promise.all([postgres.stop(), mariadb.stop()]);
});

/** The one query that fails: its status and code, and no word of what was sent. */
async function failure(query: () => Promise<unknown>): Promise<[string | undefined, unknown]> {
  recorded.clear();
  await expect(query()).rejects.toBeInstanceOf(Error);
  const span = only(recorded.spans());
  expect(JSON.stringify(span)).not.toMatch(/alice|4111/);
  expect(span.attributes['error.type']).toBe(span.attributes['db.response.status_code']);
  return [span.status.message, span.attributes['db.response.status_code']];
}

describe('what a server says of the values it was sent is not recorded', () => {
  it('by PostgreSQL', async () => {
    const insert = 'INSERT INTO users VALUES ($1::int, $2)';
    expect(await failure(() => client.query(insert, [2, MAIL]))).toEqual([
      'duplicate key value violates unique constraint',
      '23505',
    ]);
    expect(await failure(() => client.query(insert, [MAIL, 'x']))).toEqual([
      'invalid input syntax for type integer',
      '22P02',
    ]);
    const raise = (text: string): Promise<unknown> => client.query(`DO $$ BEGIN RAISE EXCEPTION '${text}'; END $$`);
    expect(await failure(() => raise(`user ${MAIL} is gone`))).toEqual([undefined, 'P0001']);
    expect(await failure(() => raise('alice is gone'))).toEqual([undefined, 'P0001']);
    const coded = "DO $$ BEGIN RAISE EXCEPTION 'alice is gone' USING ERRCODE = 'unique_violation'; END $$";
    expect(await failure(() => client.query(coded))).toEqual([undefined, '23505']);
  });

  it('by MariaDB', async () => {
    expect(await failure(() => connection.query('INSERT INTO users VALUES (?, ?)', [2, MAIL]))).toEqual([
      'Duplicate entry',
      '1062',
    ]);
    expect(await failure(() => connection.execute('INSERT INTO users VALUES (?, ?)', [MAIL, 'x']))).toEqual([
      'Incorrect integer value',
      '1366',
    ]);
    const signal = (state: string, more = ''): Promise<unknown> =>
      connection.query(`SIGNAL SQLSTATE '${state}' SET MESSAGE_TEXT = 'alice is gone'${more}`);
    expect(await failure(() => signal('45000'))).toEqual([undefined, '1644']);
    expect(await failure(() => signal('45001', ', MYSQL_ERRNO = 1062'))).toEqual([undefined, '1062']);
  });
});

it('a query whose parameter cannot be serialised has failed, with its own error', async () => {
  const pool = new pg.Pool({ connectionString: postgres.url });
  for (const query of [client, pool].map((each) => () => each.query('SELECT $1::jsonb', [{ n: 1n }]))) {
    recorded.clear();
    await expect(query()).rejects.toThrow('Do not know how to serialize a BigInt');
    expect(only(recorded.spans())).toMatchObject({
      status: { code: 'ERROR', message: 'Do not know how to serialize a BigInt' },
      attributes: { 'error.type': 'TypeError' },
    });
  }
  await pool.end();
});

it('rows are counted where rows come back, by either driver', async () => {
  const statements = [
    'SELECT id FROM users',
    'UPDATE users SET id = 1',
    'DELETE FROM users WHERE id = 7',
    'INSERT INTO users VALUES (8, NULL)',
    'SELECT id FROM users WHERE id = 9',
  ];
  for (const statement of statements) await client.query(statement);
  await client.query('UPDATE users SET id = id RETURNING id');
  for (const statement of statements) await connection.query(statement);
  expect(recorded.spans().map(({ attributes }) => attributes['db.response.returned_rows'])).toEqual([
    1,
    undefined,
    undefined,
    undefined,
    0,
    2,
    1,
    undefined,
    undefined,
    undefined,
    0,
  ]);
});

it('what a server says is recorded whole where it is asked for', async () => {
  recorded.stop();
  const whole = recordSpans(dbInstrumentation({ errorMessages: true }));
  try {
    await expect(client.query('SELECT $1::int', [MAIL])).rejects.toThrow(MAIL);
    expect(only(whole.spans()).status.message).toBe(`invalid input syntax for type integer: "${MAIL}"`);
  } finally {
    whole.stop();
  }
});
