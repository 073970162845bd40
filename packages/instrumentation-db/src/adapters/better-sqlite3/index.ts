import type { DriverConnection, Hooks } from '@foreshock/kit';
import type { DbAdapter, DbEvents, Query } from '../../events.ts';
import { SqliteDatabases } from '../../sqlite-databases.ts';
import { SqliteIterations } from '../../sqlite-iterations.ts';
import { wrapRuns, wrapTexts } from '../../sqlite-runs.ts';
import { BETTER_SQLITE3_ERRORS } from './errors.ts';

/** `lib/database.js`. */
interface Database {
  /** As given: a path, `:memory:`, or none. */
  readonly name: string;
  readonly open: boolean;
  prepare(text: string): Statement;
  pragma(source: string): unknown;
  transaction(work: () => unknown): () => unknown;
  exec(text: string): Database;
}

/** `src/objects/statement.cpp`. */
interface Statement {
  readonly database: Database;
  readonly source: string;
}

/** The package's own, and one for each platform, which makes its own class. */
const ENTRIES = [
  'index',
  ...['darwin', 'linux', 'linuxmusl', 'win32'].flatMap((platform) => [`${platform}-arm64`, `${platform}-x64`]),
];

const classes = new Set<object>();

/** better-sqlite3 13. Its `verbose` option gives texts before they run, with their values. */
export const betterSqlite3: DbAdapter = {
  library: 'better-sqlite3',
  versions: '>=13.0.0 <14',
  upstream: [],
  driver: sqliteConnection,
  shows: ['spans', 'parent'],
  summary:
    'statements by `run`, `get`, `all`, `iterate`, `exec` and `pragma`, transactions; how long they block the event loop',
  attach(db, hooks) {
    for (const entry of ENTRIES) {
      hooks.onLoad(`better-sqlite3/lib/${entry}.js`, ({ exports }: { exports: { prototype: Database } }) => {
        classes.add(exports.prototype);
        wrapDatabase(exports.prototype, db, hooks);
      });
    }
  },
};

function sqliteConnection(resource: object): DriverConnection | undefined {
  for (const each of classes) {
    if (Object.prototype.isPrototypeOf.call(each, resource)) return { connection: resource, system: 'sqlite' };
  }
  return undefined;
}

function wrapDatabase(prototype: Database, db: DbEvents, hooks: Hooks): void {
  const { prepare } = prototype;
  const own = (database: Database, text: string): Statement => prepare.call(database, text);
  const databases = new SqliteDatabases<Database>(db, {
    prepare: own,
    locationOf: ({ name }) => name || undefined,
    errors: BETTER_SQLITE3_ERRORS,
  });
  const statements = new Statements(databases, hooks);

  wrapTexts(prototype, databases, (statement: Statement) => statements.observe(statement), hooks);
  // They prepare behind `prepare`.
  for (const method of ['pragma', 'transaction'] as const) {
    hooks.before(prototype, method, (database: Database) => {
      if (!statements.isObserved && database.open) statements.observe(own(database, 'SELECT 1'));
    });
  }
}

/** Their class comes from the addon, and is not exported. */
class Statements {
  readonly #databases: SqliteDatabases<Database>;
  readonly #hooks: Hooks;
  readonly #iterations: SqliteIterations;
  /** One for each `nativeBinding`. */
  readonly #classes = new WeakSet<object>();
  isObserved = false;

  constructor(databases: SqliteDatabases<Database>, hooks: Hooks) {
    this.#databases = databases;
    this.#hooks = hooks;
    this.#iterations = new SqliteIterations(hooks);
  }

  observe(statement: Statement): void {
    const prototype: object = Object.getPrototypeOf(statement);
    if (this.#classes.has(prototype)) return;
    this.#classes.add(prototype);
    this.isObserved = true;
    const begin = ({ database, source }: Statement): Query | undefined => this.#databases.start(database, source);
    wrapRuns(prototype, begin, this.#iterations, this.#hooks);
  }
}
