import { createRequire } from 'node:module';
import { only } from '@foreshock/testkit';
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { integer, sqliteTable } from 'drizzle-orm/sqlite-core';
import knex from 'knex';
import { Kysely, SqliteDialect } from 'kysely';
import { Model } from 'objection';
import { expect, it } from 'vitest';
import { recorded, rowsOf, sqliteQueries } from './sqlite-queries.ts';

// It has no types of its own, and loads after the hooks.
const Database = createRequire(import.meta.url)('better-sqlite3');
let database: any;
sqliteQueries(() => (database = new Database(':memory:')), {
  noTable: 'SQLITE_ERROR',
  taken: 'SQLITE_CONSTRAINT_PRIMARYKEY',
});

it('a statement with other rows has its span, and so has a pragma', () => {
  database.prepare('INSERT INTO users VALUES (2, ?)').run('bob');
  recorded.clear();
  expect(database.prepare('SELECT id FROM users').pluck().all()).toEqual([1, 2]);
  expect(database.pragma('user_version', { simple: true })).toBe(0);
  expect(recorded.spans().map((span) => [span.name, rowsOf(span)])).toEqual([
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
