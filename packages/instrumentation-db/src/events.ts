import type { Adapter, Caller, Driver, ServerErrors } from '@foreshock/kit';
import type { Dialect } from './sql-dialect.ts';

/** A query as the caller wrote it. */
export interface QueryDescription {
  system: string;
  host?: string | undefined;
  port?: number | undefined;
  database?: string | undefined;
  text?: string | undefined;
  /** How the text is read. */
  dialect: Dialect;
  /** How the server's errors are read, as the library throws them. */
  errors: ServerErrors;
  /** Name of a prepared statement, when the text has none. */
  statementName?: string | undefined;
}

/** A query under way; the library's own handlers, and with them the caller's callbacks, run where its caller is. */
export interface Query extends Pick<Caller, 'run'> {
  /** @param rows rows returned, when the library says it at once */
  succeeded(rows?: number): void;
  failed(error: unknown): void;
}

/** What a database adapter reports. Undefined as an answer means: leave this call alone. */
export interface DbEvents {
  /** A query is sent on a connection, pooled or not. */
  query(connection: object, query: QueryDescription): Query | undefined;
  /**
   * A notification of the server's is about to be given to its listeners.
   *
   * @returns what they are run by; undefined: they run where they are
   */
  notification(system: string, channel: string): Caller | undefined;
}

/** A database library, with what its pools are named by, whichever library pools its connections. */
export interface DbAdapter extends Adapter<DbEvents> {
  readonly driver: Driver;
}
