// node:sqlite as an application uses it; the contract suite calls it.
import { DatabaseSync, StatementSync } from 'node:sqlite';

export function open() {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE taken (id INTEGER PRIMARY KEY)');
  database.exec('INSERT INTO taken VALUES (1)');
  const one = database.prepare('SELECT 1 AS one');
  const taken = database.prepare('INSERT INTO taken VALUES (1)');
  return {
    succeed: () => one.get(),
    fail: () => taken.get(),
    call: { owner: StatementSync.prototype, method: 'get' },
    saturate: { limit: 1, run: async (i) => database.prepare('SELECT ? AS i').get(i) },
    database: {
      query: async (text, values = []) => database.prepare(text).all(...values),
      placeholder: '?',
    },
    close: () => database.close(),
  };
}
