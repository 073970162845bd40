import type { Context } from '@opentelemetry/api';
import type { Adapter, Driver } from '@foreshock/kit';
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
  /** Name of a prepared statement, when the text has none. */
  statementName?: string | undefined;
}

/** A query under way. */
export interface Query {
  /** @param rows rows returned, when the library says it at once */
  succeeded(rows?: number): void;
  /**
   * @param code the server's own status, e.g. a SQLSTATE
   * @param isProgrammed a program of the application's, run by the server, wrote the message: no word of it is shown
   */
  failed(error: unknown, code?: string, isProgrammed?: boolean): void;
  /** Runs the library's own handler, and with it the caller's callbacks, where the caller was. */
  resume<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R;
}

/** What a database adapter reports. Undefined as an answer means: leave this call alone. */
export interface DbEvents {
  /** A query is sent on a connection, pooled or not. */
  query(connection: object, query: QueryDescription): Query | undefined;
  /**
   * A notification of the server's is about to be given to its listeners.
   *
   * @returns where they run; undefined where they are
   */
  notification(system: string, channel: string): Context | undefined;
  /** A callback that is no query's (`connect`, `prepare`, `ping`), called where its caller is, once. */
  bind<F extends (...args: any[]) => any>(callback: F): F;
}

/** A database library, with what its pools are named by, whichever library pools its connections. */
export interface DbAdapter extends Adapter<DbEvents> {
  readonly driver: Driver;
}
