import { answeringOnce, guard, HandOver, type Adapter, type Hooks } from '@foreshock/kit';
import type { Acquisition, PoolDescription, PoolEvents, PoolSource, PoolState } from '../../events.ts';

/** On a caller's item: a `WeakMap` costs 1 µs more (packages/kit/bench/marks.ts). */
const ACQUISITION = Symbol('foreshock.acquisition');

/** `PendingItem`, pg-pool/index.js. */
interface PendingItem {
  callback: (error: unknown, client: unknown, release: unknown) => unknown;
  timedOut: boolean;
  [ACQUISITION]?: Acquisition | undefined;
}

interface Pool {
  options: {
    max?: number;
    min?: number;
    connectionTimeoutMillis?: number;
    host?: string;
    port?: number;
    database?: string;
    application_name?: string;
  };
  _clients: {
    host?: string;
    port?: number;
    database?: string;
    connectionParameters?: { application_name?: string };
  }[];
  _idle: unknown[];
  _pendingQueue: PendingItem[];
  ending: boolean;
  ended: boolean;
  query(text: string): Promise<unknown>;
}

const source: PoolSource = {
  describe(pool: object): PoolDescription {
    const { options, _clients } = pool as Pool;
    // A client knows resolved connection strings and PG* variables.
    const client = _clients[0];
    return {
      system: 'postgresql',
      host: client?.host ?? options.host,
      port: client?.port ?? options.port,
      database: client?.database ?? options.database,
      application: client?.connectionParameters?.application_name ?? options.application_name,
      limit: options.max,
      idleMin: options.min,
    };
  },
  count(pool: object, state: PoolState): void {
    const { _clients, _idle, _pendingQueue } = pool as Pool;
    state.used = _clients.length - _idle.length;
    state.idle = _idle.length;
    state.pending = _pendingQueue.length;
  },
  isEnded: (pool) => (pool as Pool).ended,
  ask: (pool) => (pool as Pool).query('SELECT 1'),
};

/**
 * pg-pool 3, of node-postgres: `Pool.prototype.connect` queues a `PendingItem` or passes it to `newClient`;
 * `_acquireClient` grants it.
 */
export const pgPool: Adapter<PoolEvents> = {
  library: 'pg',
  versions: '>=8.0.3 <9',
  upstream: ['@opentelemetry/instrumentation-pg'],
  shows: ['wait', 'state'],
  title: '`pg` (`pg-pool` 3.2 – 3)',
  summary: 'waits, holders, time-outs, leaks',
  attach(pools, hooks) {
    hooks.onLoad('pg-pool/index.js', ({ exports: Pool }) => wrapPool(Pool, pools, hooks), {
      versions: '>=3.2.0 <4',
    });
  },
};

function wrapPool(PoolClass: { prototype: any }, pools: PoolEvents, hooks: Hooks): void {
  const asked: PoolState = { used: 0, idle: 0, pending: 0 };
  /** `connect` calls `newClient` synchronously; otherwise the caller is unknown (test/pg-pool.test.ts). */
  const asking = new HandOver<PoolState>();

  hooks.calls(PoolClass.prototype, 'connect', {
    begin(pool: Pool): PoolState | undefined {
      if (pool.ending) return undefined;
      source.count(pool, asked);
      return asked;
    },
    handOver: asking,
    untaken(_asked, pool: Pool) {
      const item = pool._pendingQueue.at(-1);
      if (item && !item[ACQUISITION]) observe(pool, item, asked, pools);
    },
  });

  hooks.calls(PoolClass.prototype, 'newClient', {
    begin(_pool, [item]: [PendingItem]): PendingItem | undefined {
      const acquisition = item[ACQUISITION];
      if (acquisition) return void observeOpening(item, acquisition);
      return asking.take() && item;
    },
    // It describes the pool.
    returned: (item, _result, pool: Pool) => observe(pool, item, asked, pools),
  });

  hooks.calls(PoolClass.prototype, '_acquireClient', {
    begin(_pool, [client, item]: [object, PendingItem]) {
      const acquisition = item[ACQUISITION];
      if (!acquisition || item.timedOut) return undefined;
      item[ACQUISITION] = undefined;
      guard('pg pool', () => acquisition.granted(client));
      return acquisition;
    },
    within: (acquisition) => acquisition,
  });

  hooks.calls(PoolClass.prototype, 'end', {
    // Its time-out answers callers (`_pulseQueue`).
    begin: (pool: Pool) => (pool.ending || pool.options.connectionTimeoutMillis ? undefined : pool),
    returned: (pool) => endWaits(pool._pendingQueue),
  });

  for (const method of ['_release', '_remove']) {
    hooks.before(PoolClass.prototype, method, (pool: Pool, [client]) => pools.released(pool, client));
  }
}

function observe(pool: Pool, item: PendingItem, asked: PoolState, pools: PoolEvents): void {
  const acquisition = pools.acquire(source, pool, asked);
  if (!acquisition) return;
  if (item !== pool._pendingQueue.at(-1)) observeOpening(item, acquisition);
  else if (pool.options.connectionTimeoutMillis) observeTimeOut(item, acquisition);
  item[ACQUISITION] = acquisition;
}

function endWaits(queue: readonly PendingItem[]): void {
  for (const item of queue) {
    item[ACQUISITION]?.failed({ code: 'pool_ended', message: 'the pool was ended' });
  }
}

/** `newClient` reports failure only to the item's callback. */
function observeOpening(item: PendingItem, acquisition: Acquisition): void {
  acquisition.connecting();
  // The client's listeners keep the item (`_connect`, pg/lib/client.js), which must not keep its caller.
  item.callback = answeringOnce('pg pool', acquisition, item.callback, ([error]) => {
    if (error) acquisition.failed(error, isConnectTimeOut(error));
  });
}

function isConnectTimeOut(error: unknown): boolean {
  return (error as { message?: unknown }).message === 'Connection terminated due to connection timeout';
}

/** pg-pool finds a timed-out item by its unchanged callback; `timedOut = true` shows it. */
function observeTimeOut(item: PendingItem, acquisition: Acquisition): void {
  let timedOut = item.timedOut;
  Object.defineProperty(item, 'timedOut', {
    configurable: true,
    enumerable: true,
    get: () => timedOut,
    set(value: boolean) {
      timedOut = value;
      if (value) guard('pg pool', () => acquisition.failed(new Error('timeout exceeded when trying to connect'), true));
    },
  });
}
