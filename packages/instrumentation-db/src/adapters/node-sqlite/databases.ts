import { basename } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { SQLITE, SQLITE_DQS, type Dialect } from '../../sql-dialect.ts';

interface Known {
  name: string | undefined;
  /** Undefined: unasked. */
  dialect: Dialect | undefined;
}

/** A statement's database, its file's name, how it reads double quotes. */
export class Databases {
  readonly #prepare: DatabaseSync['prepare'];
  readonly #known = new WeakMap<DatabaseSync, Known>();
  /** By statement or tag store: a statement does not name it. */
  readonly #databases = new WeakMap<object, WeakRef<DatabaseSync>>();

  /** @param prepare Node's own: our questions are no query of the application */
  constructor(prepare: DatabaseSync['prepare']) {
    this.#prepare = prepare;
  }

  /** Its authorizer would be asked about a statement of ours. */
  keepUnasked(database: DatabaseSync): void {
    this.#of(database).dialect ??= SQLITE_DQS;
  }

  remember(statement: object, database: DatabaseSync): void {
    this.#databases.set(statement, new WeakRef(database));
  }

  of(statement: object): DatabaseSync | undefined {
    return this.#databases.get(statement)?.deref();
  }

  /** The file without its folder, perhaps a user's name; undefined before Node 22.16. */
  nameOf(database: DatabaseSync | undefined): string | undefined {
    return database && this.#of(database).name;
  }

  dialectFor(database: DatabaseSync | undefined, text: string): Dialect {
    if (!text.includes('"')) return SQLITE;
    if (!database) return SQLITE_DQS;
    const known = this.#of(database);
    return (known.dialect ??= this.#dialectOf(database));
  }

  /** `enableDoubleQuotedStringLiterals` cannot be read: this is a string with it, else no such column. */
  #dialectOf(database: DatabaseSync): Dialect {
    try {
      this.#prepare.call(database, 'SELECT "foreshock"');
      return SQLITE_DQS;
    } catch {
      return SQLITE;
    }
  }

  #of(database: DatabaseSync): Known {
    let known = this.#known.get(database);
    if (known) return known;
    // Closed databases throw.
    const location = database.isOpen ? database.location?.() : undefined;
    known = { name: location === null ? ':memory:' : location && basename(location), dialect: undefined };
    this.#known.set(database, known);
    return known;
  }
}
