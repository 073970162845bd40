import { constants, DatabaseSync } from 'node:sqlite';
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { only, recordSpans, type ReceivedSpan } from '@foreshock/testkit';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';

const recorded = recordSpans(dbInstrumentation());
let database: DatabaseSync;

beforeEach(() => {
  database = new DatabaseSync(':memory:');
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

it('exec, run, get and all have spans, with the rows that came back', () => {
  database.exec('DELETE FROM users WHERE id = 99');
  database.prepare('INSERT INTO users VALUES (2, ?)').run('bob');
  expect(database.prepare('SELECT id FROM users WHERE id = 7').get()).toBeUndefined();
  expect(database.prepare('SELECT id FROM users').all()).toHaveLength(2);
  const made = recorded.spans().map((span) => [span.name, rowsOf(span)]);
  expect(made).toEqual([
    ['DELETE users', undefined],
    ['INSERT users', undefined],
    ['SELECT users', 0],
    ['SELECT users', 2],
  ]);
});

it('the span of an iteration ends with it: at its end, when it is left, when it fails', () => {
  database.exec("INSERT INTO users VALUES (2, 'bob'), (3, 'carol')");
  database.function('fails_at', (id, at) => {
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

it('a statement that cannot be prepared is a failed query', () => {
  expect(() => database.prepare('SELECT * FROM missing')).toThrow('no such table');
  expect(only(recorded.spans())).toMatchObject({
    name: 'SELECT missing',
    status: { code: 'ERROR', message: 'no such table' },
    attributes: { 'error.type': '1', 'db.response.status_code': '1' },
  });
  expect(database.prepare('SELECT 1')).toBeDefined();
  expect(recorded.spans()).toHaveLength(1);
});

it('a failure has SQLite’s extended code, and no value', () => {
  const insert = database.prepare('INSERT INTO users VALUES (?, ?)');
  expect(() => insert.run(1, 'rosebud')).toThrow('UNIQUE constraint failed');
  const span = only(recorded.spans());
  expect(span.attributes['error.type']).toBe('1555');
  expect(JSON.stringify(span)).not.toContain('rosebud');
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
