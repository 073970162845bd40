import { constants, DatabaseSync } from 'node:sqlite';
import { only } from '@foreshock/testkit';
import { expect, it } from 'vitest';
import { recorded, rowsOf, sqliteQueries } from './sqlite-queries.ts';

let database: DatabaseSync;
sqliteQueries(() => (database = new DatabaseSync(':memory:')), { noTable: '1', taken: '1555' });

it('the span of an abandoned iteration ends when its statement runs again', () => {
  database.exec("INSERT INTO users VALUES (2, 'bob')");
  recorded.clear();
  const statement = database.prepare('SELECT id FROM users');
  for (let i = 0; i < 3; i++) expect(statement.iterate().next().done).toBe(false);
  expect(recorded.spans().map(rowsOf)).toEqual([1, 1]);
  statement.get();
  expect(recorded.spans().map(rowsOf)).toEqual([1, 1, 1, 1]);
});

it.skipIf(!('setAuthorizer' in DatabaseSync.prototype))('an authorizer is asked only about the application’s', () => {
  const asked: unknown[] = [];
  database.setAuthorizer((action, name) => {
    asked.push([action, name]);
    return constants.SQLITE_OK;
  });
  database.prepare('SELECT "id" FROM users').all();
  expect(asked).toEqual([
    [constants.SQLITE_SELECT, null],
    // The column, and the table.
    [constants.SQLITE_READ, 'users'],
    [constants.SQLITE_READ, 'users'],
  ]);
  expect(only(recorded.spans()).attributes['db.query.text']).toBe('SELECT ? FROM users');
});

it('a name in double quotes is shown, a string in them is not', () => {
  expect(database.prepare('SELECT "email" FROM "users"').all()).toHaveLength(1);
  expect(only(recorded.spans()).attributes['db.query.text']).toBe('SELECT "email" FROM "users"');
  recorded.clear();
  const old = new DatabaseSync(':memory:', { enableDoubleQuotedStringLiterals: true });
  expect(old.prepare('SELECT "rosebud" AS [name]').get()).toEqual({ name: 'rosebud' });
  expect(only(recorded.spans()).attributes['db.query.text']).toBe('SELECT ? AS [name]');
  old.close();
});

it.skipIf(!('createTagStore' in DatabaseSync.prototype))('a tagged template is a query', () => {
  const store = database.createTagStore();
  expect(store.get`SELECT id FROM users WHERE email = ${'alice'}`).toEqual({ id: 1 });
  expect(only(recorded.spans())).toMatchObject({
    name: 'SELECT users',
    attributes: { 'db.query.text': 'SELECT id FROM users WHERE email = ?', 'db.response.returned_rows': 1 },
  });
});
