/* What SQLite's libraries have in common. */
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { only, recordSpans, type ReceivedSpan } from '@foreshock/testkit';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';

export const recorded = recordSpans(dbInstrumentation());

export function rowsOf({ attributes }: ReceivedSpan): unknown {
  return attributes['db.response.returned_rows'];
}

/**
 * @param open in memory; before each test
 * @param codes `error.type`s
 */
export function sqliteQueries(open: () => any, { noTable, taken }: { noTable: string; taken: string }): void {
  let database: any;
  beforeEach(() => {
    database = open();
    database.exec(
      "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE); INSERT INTO users VALUES (1, 'alice')",
    );
    recorded.clear();
  });
  afterEach(() => database.close());
  afterAll(() => recorded.stop());

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
      attributes: { 'error.type': noTable, 'db.response.status_code': noTable },
    });
    expect(database.prepare('SELECT 1')).toBeDefined();
    expect(recorded.spans()).toHaveLength(1);
  });

  it('a failure has SQLite’s extended code, and no value', () => {
    const insert = database.prepare('INSERT INTO users VALUES (?, ?)');
    expect(() => insert.run(1, 'rosebud')).toThrow('UNIQUE constraint failed');
    const span = only(recorded.spans());
    expect(span.attributes['error.type']).toBe(taken);
    expect(JSON.stringify(span)).not.toContain('rosebud');
  });
}
