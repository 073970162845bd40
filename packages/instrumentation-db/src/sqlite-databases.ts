import { basename } from 'node:path';
import { SQLITE, SQLITE_DQS, type Dialect } from './sql-dialect.ts';

interface Known {
  name: string | undefined;
  /** Undefined: unasked. */
  dialect: Dialect | undefined;
}

/** A database's file name, and how it reads double quotes. */
export class SqliteDatabases<D extends object> {
  readonly #prepare: (database: D, text: string) => unknown;
  readonly #locationOf: (database: D) => string | undefined;
  readonly #known = new WeakMap<D, Known>();

  /**
   * @param prepare the library's own: our questions are no query of the application
   * @param locationOf the file's path, `:memory:`, or undefined
   */
  constructor(prepare: (database: D, text: string) => unknown, locationOf: (database: D) => string | undefined) {
    this.#prepare = prepare;
    this.#locationOf = locationOf;
  }

  /** Its authorizer would be asked about a statement of ours. */
  keepUnasked(database: D): void {
    this.#of(database).dialect ??= SQLITE_DQS;
  }

  /** The file without its folder, perhaps a user's name. */
  nameOf(database: D | undefined): string | undefined {
    return database && this.#of(database).name;
  }

  dialectFor(database: D | undefined, text: string): Dialect {
    if (!text.includes('"')) return SQLITE;
    if (!database) return SQLITE_DQS;
    const known = this.#of(database);
    known.dialect ??= this.#dialectOf(database);
    return known.dialect ?? SQLITE_DQS;
  }

  /** `SQLITE_DBCONFIG_DQS_DML` cannot be read: this is a string with it, else no such column. */
  #dialectOf(database: D): Dialect | undefined {
    try {
      this.#prepare(database, 'SELECT "foreshock"');
      return SQLITE_DQS;
    } catch (error) {
      // Else it is busy, and asked again.
      return (error as Error).message.startsWith('no such column') ? SQLITE : undefined;
    }
  }

  #of(database: D): Known {
    let known = this.#known.get(database);
    if (known) return known;
    const location = this.#locationOf(database);
    known = { name: location && basename(location), dialect: undefined };
    this.#known.set(database, known);
    return known;
  }
}
