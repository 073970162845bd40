import type { EventEmitter } from 'node:events';

/** Plain code around one library. */
export interface ContractFixture {
  open(env: Record<string, string>): ContractApp | Promise<ContractApp>;
}

/** Schedulers: only `schedule` and `close`. */
export interface ContractApp {
  /** Succeeds; returns the library's own result: not `async`. */
  succeed(): unknown;
  /** Rejects or throws. */
  fail(): unknown;
  /** `succeed` with callback. */
  callback?(done: (error: unknown, result?: unknown) => void): unknown;
  /** By `succeed` and `fail`: `{ owner: pg.Client.prototype, method: 'query' }`. */
  call?: { owner: object; method: PropertyKey };
  /** `limit` run at once. */
  saturate?: { limit: number; run(i: number): unknown };
  /** Calls without spans. */
  lines?(): readonly string[];
  /** Must not gain listeners. */
  emitters?(): EventEmitter[];
  cache?: CacheApp;
  database?: DatabaseApp;
  documents?: DocumentsApp;
  queue?: QueueApp;
  retry?: RetryApp;
  rpc?: RpcApp;
  /**
   * Opens at its first failure.
   *
   * @param resetMs until a probe is allowed
   */
  breaker?(resetMs: number): BreakerApp;
  schedule?: ScheduleApp;
  close(): unknown;
}

export interface RpcApp {
  /**
   * A service of this process, and clients of it, connected. An error of `handle` is its status; one without a `code` is
   * `UNKNOWN`.
   */
  serve(handle: (text: string) => Promise<unknown>): Promise<RpcService>;
  UNAVAILABLE: number;
  NOT_FOUND: number;
}

export interface RpcService {
  /** With one message each way. */
  kinds: Record<string, (text: string) => unknown>;
  call(text: string, timeoutMs: number): unknown;
  /** Three times at most, if `UNAVAILABLE`. */
  retried(text: string): unknown;
  /** By a client without a connection. */
  cold(text: string): unknown;
  close(): void;
}

export interface RetryApp {
  /** Three times at most. */
  call(path: string): unknown;
  /** Never retried. */
  once(path: string): unknown;
}

/** `GET path` through a breaker. */
export type BreakerApp = (path: string) => unknown;

/** Its name is a named job's. */
export type Work = (this: unknown, ...args: unknown[]) => unknown;

export interface ScheduleApp {
  /** Returns what stops it. */
  every(work: Work): Promise<() => unknown> | (() => unknown);
  /** Returns what runs it once. */
  byHand?(work: Work): () => unknown;
  /** With methods that an ES module does not export. */
  owners: object[];
}

export interface CacheApp {
  get(key: string): unknown;
  set(key: string, value: string): unknown;
  getAll?(keys: string[]): unknown;
  /** Returns the replacement's port. */
  failOver?(): Promise<number>;
}

export interface DatabaseApp {
  query(statement: string, values?: unknown[]): Promise<unknown>;
  /** The first placeholder: `?`, `$1`. */
  placeholder: string;
}

/** Without query texts. */
export interface DocumentsApp {
  find(collection: string, name: string): Promise<unknown>;
  /** Rejects the second document of one name. */
  insert(collection: string, name: string): Promise<unknown>;
}

/** Unlike `succeed`'s queue. */
export interface QueueApp {
  /**
   * One message at a time; resolves when ready. A rejected message is retried once. `settle` acknowledges before the
   * handler ends, if supported.
   */
  consume(handle: (content: string, settle: () => unknown) => Promise<void>): Promise<unknown>;
  send(content: string): unknown;
  sendLater?(content: string, ms: number): unknown;
}
