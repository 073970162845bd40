import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DriverConnection, Hooks } from '@foreshock/kit';
import type { DbAdapter, DbEvents, Query } from '../../events.ts';
import { SqliteDatabases } from '../../sqlite-databases.ts';
import { SqliteIterations } from '../../sqlite-iterations.ts';
import { wrapRuns } from '../../sqlite-runs.ts';
import { SQLITE_ERRORS } from './errors.ts';

/** The classes of `node:sqlite`. */
interface Prototypes {
  DatabaseSync: { prototype: DatabaseSync & { createTagStore?: unknown } };
  StatementSync: { prototype: StatementSync };
}

type Start = (database: DatabaseSync | undefined, text: string) => Query | undefined;

/** `node:sqlite` (src/node_sqlite.cc). Its channel `sqlite.db.query` (Node 26) lacks start and error. */
export const nodeSqlite: DbAdapter = {
  library: 'node:sqlite',
  versions: '>=22.15.0 <27',
  upstream: [],
  driver: sqliteConnection,
  shows: ['spans', 'parent'],
  summary:
    'statements by `exec`, `run`, `get`, `all`, `iterate` and tagged templates; how long they block the event loop',
  attach(db, hooks) {
    hooks.onBuiltin('sqlite', ({ DatabaseSync, StatementSync }: Prototypes) => {
      const { prepare } = DatabaseSync.prototype;
      const databases = new Databases((database, text) => prepare.call(database, text), locationOf);
      const start: Start = (database, text) => startQuery(database, text, databases, db);
      wrapStatements(StatementSync.prototype, databases, start, hooks);
      wrapDatabase(DatabaseSync.prototype, databases, start, hooks);
    });
  },
};

/** Statements and tag stores do not name their database. */
class Databases extends SqliteDatabases<DatabaseSync> {
  readonly #databases = new WeakMap<object, WeakRef<DatabaseSync>>();

  remember(statement: object, database: DatabaseSync): void {
    this.#databases.set(statement, new WeakRef(database));
  }

  of(statement: object): DatabaseSync | undefined {
    return this.#databases.get(statement)?.deref();
  }
}

/** Before Node 22.16 unknown; closed databases throw. */
function locationOf(database: DatabaseSync): string | undefined {
  const location = database.isOpen ? database.location?.() : undefined;
  return location === null ? ':memory:' : location;
}

function sqliteConnection(resource: object): DriverConnection | undefined {
  if (resource.constructor?.name !== 'DatabaseSync') return undefined;
  return { connection: resource, system: 'sqlite' };
}

function startQuery(
  database: DatabaseSync | undefined,
  text: string,
  databases: Databases,
  db: DbEvents,
): Query | undefined {
  return db.query(database ?? databases, {
    system: 'sqlite',
    database: databases.nameOf(database),
    text,
    dialect: databases.dialectFor(database, text),
    errors: SQLITE_ERRORS,
  });
}

function wrapDatabase(
  prototype: Prototypes['DatabaseSync']['prototype'],
  databases: Databases,
  start: Start,
  hooks: Hooks,
): void {
  hooks.calls(prototype, 'exec', {
    begin: (database: DatabaseSync, [text]: [unknown]) =>
      typeof text === 'string' ? start(database, text) : undefined,
    returned: (query: Query) => query.succeeded(),
    failed: (query, error) => query.failed(error),
  });
  hooks.calls(prototype, 'prepare', {
    begin: (database: DatabaseSync, [text]: [unknown]) => (typeof text === 'string' ? { database, text } : undefined),
    returned: ({ database }, statement: StatementSync) => databases.remember(statement, database),
    // A missing table or syntax error comes before there is a statement.
    failed: ({ database, text }, error) => start(database, text)?.failed(error),
  });
  // Node 24.10.
  if ('setAuthorizer' in prototype) {
    hooks.before(prototype, 'setAuthorizer', (database: DatabaseSync) => databases.keepUnasked(database));
  }
  if (!prototype.createTagStore) return;
  let isWrapped = false;
  // Its result's class is not exported (Node 24.9).
  hooks.after(prototype, 'createTagStore', (store: object, database: DatabaseSync) => {
    databases.remember(store, database);
    if (isWrapped) return;
    isWrapped = true;
    wrapRuns(
      Object.getPrototypeOf(store),
      (self, [strings]) => {
        return Array.isArray(strings) ? start(databases.of(self), strings.join('?')) : undefined;
      },
      new SqliteIterations(hooks),
      hooks,
    );
  });
}

function wrapStatements(prototype: StatementSync, databases: Databases, start: Start, hooks: Hooks): void {
  const iterations = new SqliteIterations(hooks);
  const begin = (self: object): Query | undefined => {
    iterations.endOf(self);
    return start(databases.of(self), (self as StatementSync).sourceSQL);
  };
  wrapRuns(prototype, begin, iterations, hooks);
}
