/** Where a connection leads. */
export interface Target {
  /** `db.system.name` of the semantic conventions: `postgresql`, `mysql`. */
  system?: string | undefined;
  host?: string | undefined;
  port?: number | undefined;
  database?: string | undefined;
}

/**
 * A pool as its library describes it; asked at the pool's first use and kept for its life. A pool of anything
 * that knows no target takes it from its first connection, see {@link Driver}.
 */
export interface PoolDescription extends Target {
  /** The user's own name for it, when the library has such a thing. */
  name?: string | undefined;
  /** Most connections it may open. */
  limit?: number | undefined;
  /** Fewest it keeps open while idle. */
  idleMin?: number | undefined;
}

/** What the library's own counters say at this moment. */
export interface PoolState {
  /** Out, being opened or being looked over: all that is not idle. */
  used: number;
  idle: number;
  /** Callers waiting in line, not counting those whose connection is being opened. */
  pending: number;
}

/** Recognises the connections of one driver among whatever another library pools; undefined: not one of them. */
export type Driver = (resource: object) => DriverConnection | undefined;

/** A driver's connection in somebody's pool. */
export interface DriverConnection extends Target {
  /** What its queries are reported on: itself, or what is inside a wrapper of the driver's. */
  connection: object;
}

/** How to read a library's pools; one object an adapter. */
export interface PoolSource {
  describe(pool: object): PoolDescription;
  state(pool: object): PoolState;
  /** Closed for good: no longer part of any metric. */
  isEnded(pool: object): boolean;
}

/** A caller that asked a pool for a connection. */
export interface Acquisition {
  /** The pool began to open a connection for this caller. */
  connecting(): void;
  /** The caller has its connection; further queries on it belong to this acquisition. */
  granted(connection: unknown): void;
  /** @param timedOut the pool gave up waiting, as configured */
  failed(error: unknown, timedOut?: boolean): void;
  /** Runs what serves the caller where the caller was. */
  resume<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R;
}

/** A query as the caller wrote it. */
export interface QueryDescription {
  system: string;
  host?: string | undefined;
  port?: number | undefined;
  database?: string | undefined;
  text?: string | undefined;
  /** MySQL's dialect: backslash escapes, `"…"` is a string, `#` a comment. */
  backslashEscapes?: boolean;
  /** Name of a prepared statement, when the text has none. */
  statementName?: string | undefined;
}

/** A query under way. */
export interface Query {
  /** @param rows rows returned, when the library says it at once */
  succeeded(rows?: number): void;
  /** @param code the server's own status, e.g. a SQLSTATE */
  failed(error: unknown, code?: string): void;
  /** Runs the library's own handler, and with it the caller's callbacks, where the caller was. */
  resume<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R;
}

/** What a database adapter reports. Undefined as an answer means: leave this call alone. */
export interface DbEvents {
  /**
   * A caller asked a pool for a connection.
   *
   * @param asked the pool's state just before it asked
   * @param idle a connection can be handed over at once: no wait, no span
   */
  acquire(source: PoolSource, pool: object, asked: PoolState, idle: boolean): Acquisition | undefined;
  /**
   * The pool began to open a connection for no caller in particular: it is for the first in line who has none
   * coming. Where the caller is known, see {@link Acquisition.connecting}.
   */
  opening(pool: object): void;
  /** A connection went back to its pool, or was destroyed. */
  released(pool: object, connection: unknown): void;
  /** A query is sent on a connection, pooled or not. */
  query(connection: object, query: QueryDescription): Query | undefined;
  /** A callback that is no query's (`prepare`, `ping`), kept where its caller is. */
  bind<F extends (...args: any[]) => any>(callback: F): F;
}
