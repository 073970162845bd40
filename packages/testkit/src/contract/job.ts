import type { EventEmitter } from 'node:events';
import type { ReceivedSpan } from '../received-span.ts';
import { BREAKER_CHECKS } from './breaker-checks.ts';
import { CACHE_CHECKS } from './cache-checks.ts';
import { DB_CHECKS } from './db-checks.ts';
import type { Marks } from './marked-calls.ts';
import { POOL_CHECKS } from './pool-checks.ts';
import { QUEUE_CHECKS } from './queue-checks.ts';
import { RETRY_CHECKS } from './retry-checks.ts';
import { SCHEDULE_CHECKS } from './schedule-checks.ts';

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
  /**
   * Opens at its first failure.
   *
   * @param resetMs until a probe is allowed
   */
  breaker?(resetMs: number): BreakerApp;
  schedule?: ScheduleApp;
  close(): unknown;
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

/**
 * `hooked`: enabled before the library loads, as in the preload. `loaded`: afterwards, to know the library's own
 * behaviour.
 */
export const CHECKS = {
  hooked: [
    'one span a call',
    'error status',
    'context',
    'callback',
    'enabled twice',
    'saturation',
    'listeners',
    'connections',
    'disabled',
    'two instances',
    'upstream active',
  ],
  loaded: ['restored', 'identity', 'unhandled rejection', 'throwing telemetry'],
} as const;

export type Order = keyof typeof CHECKS;
export type ContractCheck = (typeof CHECKS)[Order][number] | RoomCheck | (typeof SCHEDULE_CHECKS)[Order][number];

/** All `hooked`. */
export const ROOM_CHECKS = {
  cache: CACHE_CHECKS,
  db: DB_CHECKS,
  pool: POOL_CHECKS,
  queue: QUEUE_CHECKS,
  retry: RETRY_CHECKS,
  breaker: BREAKER_CHECKS,
} as const;

export type Room = keyof typeof ROOM_CHECKS | 'schedule';
export type RoomCheck = (typeof ROOM_CHECKS)[keyof typeof ROOM_CHECKS][number];

export function checksOf(order: Order, rooms: readonly Room[] = []): readonly ContractCheck[] {
  const more = rooms.flatMap((room): readonly ContractCheck[] =>
    room === 'schedule' || order === 'loaded' ? [] : ROOM_CHECKS[room],
  );
  // Schedulers call the application.
  return [...more, ...(rooms.includes('schedule') ? SCHEDULE_CHECKS : CHECKS)[order]];
}

export type Loader = 'import' | 'require';

/** One loader, one order, all applicable checks. */
export interface Job {
  library: string;
  /** URL. */
  module: string;
  export: string;
  config: Record<string, unknown>;
  /** URL. */
  fixture: string;
  loader: Loader;
  order: Order;
  env: Record<string, string>;
  upstream: string | undefined;
  ownTraces: string[];
  closures: boolean;
  marks: Marks | undefined;
  /** Module URL and factory. */
  commands: { module: string; export: string } | undefined;
  checks: ContractCheck[];
}

/** In order; without an end it died in a check. */
export type JobMessage =
  | { begun: ContractCheck | 'start' }
  | { late: ContractCheck; seconds: number }
  | { ended: ContractCheck; problems: string[] }
  | { example: 'succeed' | 'fail'; span: ReceivedSpan };
