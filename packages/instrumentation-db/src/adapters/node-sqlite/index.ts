import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DriverConnection, Hooks } from '@foreshock/kit';
import type { DbAdapter, Query } from '../../events.ts';
import { SqliteDatabases } from '../../sqlite-databases.ts';
import { SqliteIterations } from '../../sqlite-iterations.ts';
import { wrapRuns, wrapTexts } from '../../sqlite-runs.ts';
import { SQLITE_ERRORS } from './errors.ts';

/** The classes of `node:sqlite`. */
interface Prototypes {
  DatabaseSync: { prototype: DatabaseSync & { createTagStore?: unknown } };
  StatementSync: { prototype: StatementSync };
}

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
      const databases = new Databases(db, {
        prepare: (database, text) => prepare.call(database, text),
        locationOf,
        errors: SQLITE_ERRORS,
      });
      wrapStatements(StatementSync.prototype, databases, hooks);
      wrapDatabase(DatabaseSync.prototype, databases, hooks);
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

function wrapDatabase(prototype: Prototypes['DatabaseSync']['prototype'], databases: Databases, hooks: Hooks): void {
  wrapTexts(
    prototype,
    databases,
    (statement: StatementSync, database) => databases.remember(statement, database),
    hooks,
  );
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
        return Array.isArray(strings) ? databases.start(databases.of(self), strings.join('?')) : undefined;
      },
      new SqliteIterations(hooks),
      hooks,
    );
  });
}

function wrapStatements(prototype: StatementSync, databases: Databases, hooks: Hooks): void {
  const iterations = new SqliteIterations(hooks);
  const begin = (self: object): Query | undefined => {
    iterations.endOf(self);
    return databases.start(databases.of(self), (self as StatementSync).sourceSQL);
  };
  wrapRuns(prototype, begin, iterations, hooks);
}
