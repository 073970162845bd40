/** A pool as its library describes it; asked at the pool's first use and kept for its life. */
export interface PoolDescription {
  /** `db.system.name` of the semantic conventions: `postgresql`, `mysql`. */
  system: string;
  /** Where it connects to. */
  host?: string | undefined;
  port?: number | undefined;
  database?: string | undefined;
  /** The user's own name for it, when the library has such a thing. */
  name?: string | undefined;
  /** Most connections it may open. */
  limit?: number | undefined;
  /** Fewest it keeps open while idle. */
  idleMin?: number | undefined;
}

/** What the library's own counters say at this moment. */
export interface PoolState {
  used: number;
  idle: number;
  /** Callers waiting in line, not counting those whose connection is being opened. */
  pending: number;
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
  granted(connection: object): void;
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
  /** A connection went back to its pool, or was destroyed. */
  released(pool: object, connection: object): void;
  /** A query is sent on a connection, pooled or not. */
  query(connection: object, query: QueryDescription): Query | undefined;
}
