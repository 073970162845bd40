import { basename } from 'node:path';
import type { ServerErrors } from '@foreshock/kit';
import type { DbEvents, Query } from './events.ts';
import { SQLITE, SQLITE_DQS, type Dialect } from './sql-dialect.ts';

interface Known {
  name: string | undefined;
  /** Undefined: unasked. */
  dialect: Dialect | undefined;
}

/** What a library has of its own. */
export interface SqliteLibrary<D extends object> {
  /** Before it is wrapped: our questions are no query of the application. */
  prepare(database: D, text: string): unknown;
  /** The file's path, `:memory:`, or undefined. */
  locationOf(database: D): string | undefined;
  readonly errors: ServerErrors;
}

/** Queries by database: its file's name, and how it reads double quotes. */
export class SqliteDatabases<D extends object> {
  readonly #db: DbEvents;
  readonly #library: SqliteLibrary<D>;
  readonly #known = new WeakMap<D, Known>();

  constructor(db: DbEvents, library: SqliteLibrary<D>) {
    this.#db = db;
    this.#library = library;
  }

  /** @param database undefined: collected, or unknown */
  start(database: D | undefined, text: string): Query | undefined {
    return this.#db.query(database ?? this, {
      system: 'sqlite',
      // The file without its folder, perhaps a user's name.
      database: database && this.#of(database).name,
      text,
      dialect: this.#dialectFor(database, text),
      errors: this.#library.errors,
    });
  }

  /** Its authorizer would be asked about a statement of ours. */
  keepUnasked(database: D): void {
    this.#of(database).dialect ??= SQLITE_DQS;
  }

  #dialectFor(database: D | undefined, text: string): Dialect {
    if (!text.includes('"')) return SQLITE;
    if (!database) return SQLITE_DQS;
    const known = this.#of(database);
    known.dialect ??= this.#dialectOf(database);
    return known.dialect ?? SQLITE_DQS;
  }

  /** `SQLITE_DBCONFIG_DQS_DML` cannot be read: this is a string with it, else no such column. */
  #dialectOf(database: D): Dialect | undefined {
    try {
      this.#library.prepare(database, 'SELECT "foreshock"');
      return SQLITE_DQS;
    } catch (error) {
      // Else it is busy, and asked again.
      return (error as Error).message.startsWith('no such column') ? SQLITE : undefined;
    }
  }

  #of(database: D): Known {
    let known = this.#known.get(database);
    if (known) return known;
    const location = this.#library.locationOf(database);
    known = { name: location && basename(location), dialect: undefined };
    this.#known.set(database, known);
    return known;
  }
}
