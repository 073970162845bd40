import type { Adapter, Caller, Driver, ServerErrors } from '@foreshock/kit';
import type { Dialect } from './sql-dialect.ts';

interface Described {
  system: string;
  host?: string | undefined;
  port?: number | undefined;
  database?: string | undefined;
  errors: ServerErrors;
  /** Operations in one. */
  batchSize?: number | undefined;
}

export interface QueryDescription extends Described {
  text?: string | undefined;
  dialect: Dialect;
  statementName?: string | undefined;
  /** Of its parameters, in their order. */
  values?: readonly unknown[] | undefined;
}

/** For databases without query texts. */
export interface CommandDescription extends Described {
  operation: string;
  collection?: string | undefined;
}

/** Under way; `run` uses the caller's context. */
export interface Query extends Pick<Caller, 'run' | 'context'> {
  /** @param rows returned, if reported directly */
  succeeded(rows?: number): void;
  failed(error: unknown): void;
  /** While its connection is not ready. */
  waitsFor(connection: object): void;
}

/** Undefined: the call is not instrumented. */
export interface DbEvents {
  /** Pooled or not. */
  query(connection: object, query: QueryDescription): Query | undefined;
  /** What the caller asked for, perhaps by several commands. */
  operation(): Caller | undefined;
  /**
   * Of the active {@link operation}.
   *
   * @param policy name of the library's retries
   */
  command(connection: object, command: CommandDescription, policy: string): Query | undefined;
  /** @returns what runs the listeners; undefined: the current context */
  notification(system: string, channel: string): Caller | undefined;
}

/** Also names its connections' pools. */
export interface DbAdapter extends Adapter<DbEvents> {
  readonly driver: Driver;
}
