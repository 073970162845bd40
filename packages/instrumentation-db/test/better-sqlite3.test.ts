import { createRequire } from 'node:module';
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { only, recordSpans, type ReceivedSpan } from '@foreshock/testkit';
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { integer, sqliteTable } from 'drizzle-orm/sqlite-core';
import knex from 'knex';
import { Kysely, SqliteDialect } from 'kysely';
import { Model } from 'objection';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';

const recorded = recordSpans(dbInstrumentation());
// It has no types of its own, and loads after the hooks.
const Database = createRequire(import.meta.url)('better-sqlite3');
let database: any;

beforeEach(() => {
  database = new Database(':memory:');
  database.exec(
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE); INSERT INTO users VALUES (1, 'alice')",
  );
  recorded.clear();
});
afterEach(() => database.close());
afterAll(() => recorded.stop());

function rowsOf({ attributes }: ReceivedSpan): unknown {
  return attributes['db.response.returned_rows'];
}

it('a statement is one CLIENT span a run, below its caller, without its values', async () => {
  const statement = database.prepare('SELECT email FROM users WHERE email = ? AND id < 4711');
  const row = await recorded.inSpan('request', () => statement.get('alice'));
  expect(row).toEqual({ email: 'alice' });
  const [query, request] = recorded.spans();
  expect(query).toMatchObject({
    name: 'SELECT users',
    kind: 'CLIENT',
    traceId: request!.traceId,
    parentSpanId: request!.spanId,
    status: { code: 'UNSET' },
    attributes: {
      'db.system.name': 'sqlite',
      'db.namespace': ':memory:',
      'db.query.text': 'SELECT email FROM users WHERE email = ? AND id < ?',
      'db.query.summary': 'SELECT users',
      'db.operation.name': 'SELECT',
      'db.collection.name': 'users',
      'db.response.returned_rows': 1,
    },
  });
  expect(JSON.stringify(query)).not.toMatch(/alice|4711/);
});

it('exec, run, get, all and pragma have spans, with the rows that came back', () => {
  database.exec('DELETE FROM users WHERE id = 99');
  database.prepare('INSERT INTO users VALUES (2, ?)').run('bob');
  expect(database.prepare('SELECT id FROM users WHERE id = 7').get()).toBeUndefined();
  expect(database.prepare('SELECT id FROM users').pluck().all()).toEqual([1, 2]);
  expect(database.pragma('user_version', { simple: true })).toBe(0);
  expect(recorded.spans().map((span) => [span.name, rowsOf(span)])).toEqual([
    ['DELETE users', undefined],
    ['INSERT users', undefined],
    ['SELECT users', 0],
    ['SELECT users', 2],
    ['PRAGMA', 1],
  ]);
});

it('a transaction has a span for each of its statements, also if nothing was prepared before', () => {
  const insert = database.transaction((email: string) => {
    database.exec(`INSERT INTO users (email) VALUES ('${email}')`);
  });
  insert('bob');
  expect(() => insert('bob')).toThrow('UNIQUE');
  expect(recorded.spans().map(({ name }) => name)).toEqual([
    'BEGIN',
    'INSERT users',
    'COMMIT',
    'BEGIN',
    'INSERT users',
    'ROLLBACK',
  ]);
});

it('the span of an iteration ends with it: at its end, when it is left, when it fails', () => {
  database.exec("INSERT INTO users VALUES (2, 'bob'), (3, 'carol')");
  database.function('fails_at', (id: number, at: number) => {
    if (id === at) throw new Error('refused');
    return id;
  });
  recorded.clear();
  const statement = database.prepare('SELECT id FROM users');
  for (const row of statement.iterate()) {
    expect(row).toBeDefined();
    expect(recorded.spans()).toEqual([]);
  }
  expect(rowsOf(only(recorded.spans()))).toBe(3);
  recorded.clear();
  for (const row of statement.iterate()) {
    if (row) break;
  }
  expect(rowsOf(only(recorded.spans()))).toBe(1);
  recorded.clear();
  expect(() => [...database.prepare('SELECT fails_at(id, 2) FROM users').iterate()]).toThrow('refused');
  expect(only(recorded.spans()).status.code).toBe('ERROR');
});

it('a statement that cannot be prepared is a failed query', () => {
  expect(() => database.prepare('SELECT * FROM missing')).toThrow('no such table');
  expect(only(recorded.spans())).toMatchObject({
    name: 'SELECT missing',
    status: { code: 'ERROR', message: 'no such table' },
    attributes: { 'error.type': 'SQLITE_ERROR', 'db.response.status_code': 'SQLITE_ERROR' },
  });
});

it('a failure has the name of SQLite’s extended code, and no value', () => {
  const insert = database.prepare('INSERT INTO users VALUES (?, ?)');
  expect(() => insert.run(1, 'rosebud')).toThrow('UNIQUE constraint failed');
  const span = only(recorded.spans());
  expect(span.attributes['error.type']).toBe('SQLITE_CONSTRAINT_PRIMARYKEY');
  expect(JSON.stringify(span)).not.toContain('rosebud');
});

it('a name in double quotes is shown, also if it is first asked for while the database is busy', () => {
  database.function('nested', () => {
    expect(() => database.prepare('SELECT "email" FROM "users"')).toThrow('busy');
    return 1;
  });
  database.prepare('SELECT nested()').get();
  expect(recorded.spans()[0]!.attributes['db.query.text']).toBe('SELECT ? FROM ?');
  recorded.clear();
  expect(database.prepare('SELECT "email" FROM "users"').all()).toHaveLength(1);
  expect(only(recorded.spans()).attributes['db.query.text']).toBe('SELECT "email" FROM "users"');
});

interface Reader {
  read(id: number): unknown;
  close?(): unknown;
}

it.each<[string, string, () => Reader]>([
  [
    'Drizzle',
    'select "users"',
    () => {
      const users = sqliteTable('users', { id: integer() });
      const db = drizzle({ client: database });
      return { read: (id) => db.select().from(users).where(eq(users.id, id)).all() };
    },
  ],
  [
    'Kysely',
    'select "users"',
    () => {
      const db = new Kysely<{ users: { id: number } }>({ dialect: new SqliteDialect({ database }) });
      return { read: (id) => db.selectFrom('users').select('id').where('id', '=', id).execute() };
    },
  ],
  [
    'Objection',
    'select `users`',
    () => {
      const db = knex({
        client: 'better-sqlite3',
        connection: { filename: ':memory:' },
        useNullAsDefault: true,
        pool: { afterCreate: createUsers },
      });
      class User extends Model {
        static override tableName = 'users';
      }
      const users = User.bindKnex(db);
      return { read: (id) => users.query().where({ id }), close: () => db.destroy() };
    },
  ],
])('%s has one span a query, below its caller', async (_name, summary, open) => {
  const reader = open();
  // What it asks first is no caller's.
  await reader.read(1);
  recorded.clear();
  await recorded.inSpan('request', async () => expect(await reader.read(1)).toEqual([{ id: 1 }]));
  await reader.close?.();
  const [query, request] = recorded.spans();
  expect(recorded.spans()).toHaveLength(2);
  expect(query).toMatchObject({
    name: summary,
    parentSpanId: request!.spanId,
    attributes: { 'db.system.name': 'sqlite', 'db.response.returned_rows': 1 },
  });
});

function createUsers(connection: any, done: (error: unknown, connection: unknown) => void): void {
  connection.exec('CREATE TABLE users (id INTEGER PRIMARY KEY); INSERT INTO users VALUES (1)');
  done(null, connection);
}
