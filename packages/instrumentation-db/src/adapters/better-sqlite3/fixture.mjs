// better-sqlite3 as an application uses it; the contract suite calls it.
import Database from 'better-sqlite3';

export function open() {
  const database = new Database(':memory:');
  database.exec('CREATE TABLE taken (id INTEGER PRIMARY KEY)');
  database.exec('INSERT INTO taken VALUES (1)');
  return {
    succeed: () => database.prepare('SELECT 1 AS one').get(),
    fail: () => database.prepare('INSERT INTO taken VALUES (1) RETURNING id').get(),
    call: { owner: Object.getPrototypeOf(database.prepare('SELECT 1')), method: 'get' },
    saturate: { limit: 1, run: async (i) => database.prepare('SELECT ? AS i').get(i) },
    database: {
      async query(text, values = []) {
        const statement = database.prepare(text);
        return statement.reader ? statement.all(...values) : statement.run(...values);
      },
      placeholder: '?',
    },
    close: () => database.close(),
  };
}
