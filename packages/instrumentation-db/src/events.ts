import type { Adapter, Caller, Driver, ServerErrors } from '@foreshock/kit';
import type { Dialect } from './sql-dialect.ts';

export interface QueryDescription {
  system: string;
  host?: string | undefined;
  port?: number | undefined;
  database?: string | undefined;
  text?: string | undefined;
  dialect: Dialect;
  errors: ServerErrors;
  statementName?: string | undefined;
}

/** A query under way; `run` uses the caller's context. */
export interface Query extends Pick<Caller, 'run'> {
  /** @param rows returned rows, if the library reports them directly */
  succeeded(rows?: number): void;
  failed(error: unknown): void;
}

/** What a database adapter reports. Undefined: the call is not instrumented. */
export interface DbEvents {
  /** Pooled or not. */
  query(connection: object, query: QueryDescription): Query | undefined;
  /** @returns what runs the listeners; undefined: the current context */
  notification(system: string, channel: string): Caller | undefined;
}

/** A database library, which also names its connections' pools. */
export interface DbAdapter extends Adapter<DbEvents> {
  readonly driver: Driver;
}
