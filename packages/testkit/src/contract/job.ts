import type { BenchJob } from './bench.ts';
import { BREAKER_CHECKS } from './breaker-checks.ts';
import { CACHE_CHECKS } from './cache-checks.ts';
import type { Example } from './check.ts';
import { DB_CHECKS } from './db-checks.ts';
import { POOL_CHECKS } from './pool-checks.ts';
import { QUEUE_CHECKS } from './queue-checks.ts';
import { RETRY_CHECKS } from './retry-checks.ts';
import { RPC_CHECKS } from './rpc-checks.ts';
import { SCHEDULE_CHECKS } from './schedule-checks.ts';

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
  rpc: RPC_CHECKS,
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
export interface Job extends BenchJob {
  /** URL. */
  module: string;
  export: string;
  config: Record<string, unknown>;
  /** URL. */
  fixture: string;
  loader: Loader;
  order: Order;
  /** Factory's export of the module. */
  commands: string | undefined;
  checks: ContractCheck[];
}

/** In order; without an end it died in a check. */
export type JobMessage =
  | { begun: ContractCheck | 'start' }
  | { late: ContractCheck; seconds: number }
  | { ended: ContractCheck; problems: string[] }
  | Example;
