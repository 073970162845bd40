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

/**
 * What a fixture module exports: `open(env)`. Plain application code around one library, no
 * OpenTelemetry in it.
 */
export interface ContractFixture {
  open(env: Record<string, string>): ContractApp | Promise<ContractApp>;
}

/** One library in use. A scheduler has `schedule` and `close` only. */
export interface ContractApp {
  /** One call that works; returns just what the library's method returned, so no `async` of its own around it. */
  succeed(): unknown;
  /** One call that fails: rejects, or throws. */
  fail(): unknown;
  /** The call of `succeed` in its callback form. */
  callback?(done: (error: unknown, result?: unknown) => void): unknown;
  /** Where the method lives that `succeed` and `fail` call, as the library wrote it: `{ owner: pg.Client.prototype, method: 'query' }`. */
  call?: { owner: object; method: PropertyKey };
  /** Calls that compete: `limit` of them run at once, the others wait for one to end. */
  saturate?: { limit: number; run(i: number): unknown };
  /** Where calls have no span, but write a line: those written so far. */
  lines?(): readonly string[];
  /** The library's emitters, on which nothing may pile up. */
  emitters?(): EventEmitter[];
  /** A cache. */
  cache?: CacheApp;
  database?: DatabaseApp;
  queue?: QueueApp;
  /** A policy that tries again. */
  retry?: RetryApp;
  /**
   * A breaker that opens at its first failure.
   *
   * @param resetMs after which it lets a probe through
   */
  breaker?(resetMs: number): BreakerApp;
  /** A scheduler. */
  schedule?: ScheduleApp;
  close(): unknown;
}

/** Requests under a retry policy, to the test's server, which answers as the path says. */
export interface RetryApp {
  /** `GET path`, three times at most; rejects when all failed. */
  call(path: string): unknown;
  /** `GET path` or `POST path`, which this policy does not send again. */
  once(path: string): unknown;
}

/** `GET path` through a breaker, to the test's server; rejects when it fails or is refused. */
export type BreakerApp = (path: string) => unknown;

/** A function that a scheduler runs; its name is its job's as well, where the library has names. */
export type Work = (this: unknown, ...args: unknown[]) => unknown;

/** A scheduler in use. */
export interface ScheduleApp {
  /** Runs `work` as soon and as often as the library can; gives what ends that. */
  every(work: Work): Promise<() => unknown> | (() => unknown);
  /** A job that runs when it is asked to: gives what runs it, and what that returns is the library's. */
  byHand?(work: Work): () => unknown;
  /** Where the library's methods live, as far as an ES module does not show them. */
  owners: object[];
}

/** A cache in use, as its library puts it. */
export interface CacheApp {
  get(key: string): unknown;
  set(key: string, value: string): unknown;
  /** Several keys in one call. */
  getAll?(keys: string[]): unknown;
  /** A call for which another server stood in; gives the port of that one. */
  failOver?(): Promise<number>;
}

/** One connection of a database, as its library puts it. */
export interface DatabaseApp {
  query(statement: string, values?: unknown[]): Promise<unknown>;
  /** What stands for the first value: `?`, `$1`. */
  placeholder: string;
}

/** A queue in use, another one than that of `succeed`. */
export interface QueueApp {
  /**
   * Begins to handle what is sent, one message at a time; resolves when it does. A message whose `handle` rejects is tried
   * once more. `settle` answers for it before its handler ends, where the library has that.
   */
  consume(handle: (content: string, settle: () => unknown) => Promise<void>): Promise<unknown>;
  send(content: string): unknown;
  /** Sends a message that is due after some time. */
  sendLater?(content: string, ms: number): unknown;
}

/**
 * The checks. Under `hooked` the instrumentation is enabled before the library loads, as the preload
 * does it; under `loaded` after, so that what the library is without it is known exactly.
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
    'stands aside',
  ],
  loaded: ['restored', 'identity', 'unhandled rejection', 'throwing telemetry'],
} as const;

export type Order = keyof typeof CHECKS;
export type ContractCheck = (typeof CHECKS)[Order][number] | RoomCheck | (typeof SCHEDULE_CHECKS)[Order][number];

/** What the libraries of one kind must show beside, with the instrumentation enabled before the library loads. */
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
  // The application does not call a scheduler: the scheduler calls it.
  return [...more, ...(rooms.includes('schedule') ? SCHEDULE_CHECKS : CHECKS)[order]];
}

/** How the fixture, and through it the library, is loaded. */
export type Loader = 'import' | 'require';

/** What the child process is to do: one loader, one order, all checks that apply. */
export interface Job {
  library: string;
  /** URL of the module that exports the instrumentation's factory. */
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
  /** Of the commands that the library sends by others: URL of the module, and the name of the factory. */
  commands: { module: string; export: string } | undefined;
  checks: ContractCheck[];
}

/** What the child process tells, in order; a check that began and has no end is where it died. */
export type Told =
  | { begun: ContractCheck | 'start' }
  | { late: ContractCheck; seconds: number }
  | { ended: ContractCheck; problems: string[] }
  | { example: 'succeed' | 'fail'; span: ReceivedSpan };
