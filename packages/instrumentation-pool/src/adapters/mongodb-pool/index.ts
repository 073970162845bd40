import { answeringOnce, guard, HandOver, type Adapter, type Hooks } from '@foreshock/kit';
import type { Acquisition, PoolDescription, PoolEvents, PoolSource, PoolState } from '../../events.ts';

/** mongodb/lib/cmap/connection_pool.js: one per server of a client. */
interface Pool {
  options: {
    hostAddress: { host?: string; port?: number; socketPath?: string };
    maxPoolSize: number;
    minPoolSize: number;
  };
  currentCheckedOutCount: number;
  pendingConnectionCount: number;
  availableConnectionCount: number;
  closed: boolean;
  checkedOutConnections: ReadonlySet<object>;
}

type Callback = (this: unknown, error: unknown, connection: object | undefined) => void;

/** Callers in a pool's queue; `waitQueueSize` counts those that have left it. */
const waiting = new WeakMap<object, number>();

const source: PoolSource = {
  describe(pool: object): PoolDescription {
    const { hostAddress, maxPoolSize, minPoolSize } = (pool as Pool).options;
    const { socketPath, host, port } = hostAddress;
    return {
      system: 'mongodb',
      host: socketPath ?? host,
      port: socketPath === undefined ? port : undefined,
      // 0 = no limit.
      limit: maxPoolSize || undefined,
      idleMin: minPoolSize,
    };
  },
  count(pool: object, state: PoolState): void {
    const { currentCheckedOutCount, pendingConnectionCount, availableConnectionCount } = pool as Pool;
    state.used = currentCheckedOutCount + pendingConnectionCount;
    state.idle = availableConnectionCount;
    state.pending = waiting.get(pool) ?? 0;
  },
  isEnded: (pool) => (pool as Pool).closed,
};

/** mongodb 5 to 7: operations use `checkOut`, with a callback before 6.4; connections return by `checkIn`. */
export const mongodbPool: Adapter<PoolEvents> = {
  library: 'mongodb',
  versions: '>=5.0.0 <8',
  upstream: ['@opentelemetry/instrumentation-mongodb'],
  shows: ['wait', 'state'],
  title: '`mongodb` (pools)',
  summary: 'waits, holders, time-outs, leaks of the pool of each server',
  attach(pools, hooks) {
    hooks.onLoad('mongodb/lib/cmap/connection_pool.js', ({ exports }) =>
      wrapPool(exports.ConnectionPool.prototype, pools, hooks),
    );
  },
};

function wrapPool(prototype: any, pools: PoolEvents, hooks: Hooks): void {
  hooks.calls(prototype, 'checkOut', {
    begin(pool: Pool, args: unknown[]): Asked | undefined {
      const acquisition = pools.acquire(source, pool);
      const asked = acquisition && new Asked(pool, acquisition);
      const [callback] = args;
      if (asked && typeof callback === 'function') {
        args[0] = answeringOnce('mongodb pool', acquisition, callback as () => unknown, ([error, connection]) => {
          if (error) asked.refused(error);
          else asked.granted(connection);
        });
      }
      return asked;
    },
    // With a callback, nothing.
    succeeded(asked, connection) {
      if (connection !== undefined) asked.granted(connection);
    },
    failed: (asked, error) => asked.refused(error),
  });
  hooks.before(prototype, 'checkIn', (pool, [connection]) => pools.released(pool, connection));

  /** For no caller: `ensureMinPoolSize`. */
  const serving = new HandOver<Pool>();
  hooks.calls(prototype, 'processWaitQueue', {
    begin: (pool: Pool) => pool,
    handOver: serving,
  });
  hooks.before(prototype, 'createConnection', (pool: Pool, args: [Callback]) => {
    if (serving.offered === pool) pools.opening(pool);
    const [callback] = args;
    args[0] = function (this: unknown, error, connection) {
      callback.call(this, error, connection);
      if (!connection || !hooks.active) return;
      guard('mongodb pool', () => {
        if (!pool.checkedOutConnections.has(connection)) pools.openedIdle(source, pool, connection);
      });
    };
  });
}

class Asked {
  readonly #pool: Pool;
  readonly #acquisition: Acquisition;
  #isWaiting = true;

  constructor(pool: Pool, acquisition: Acquisition) {
    this.#pool = pool;
    this.#acquisition = acquisition;
    waiting.set(pool, (waiting.get(pool) ?? 0) + 1);
  }

  granted(connection: unknown): void {
    this.#leave();
    this.#acquisition.granted(connection);
  }

  refused(error: unknown): void {
    this.#leave();
    this.#acquisition.failed(error, isTimedOut(error));
  }

  #leave(): void {
    if (this.#isWaiting) waiting.set(this.#pool, waiting.get(this.#pool)! - 1);
    this.#isWaiting = false;
  }
}

/** `WaitQueueTimeoutError` (mongodb/lib/cmap/errors.js), or `timeoutMS`'s error caused by it. */
function isTimedOut(error: unknown): boolean {
  const { name, cause } = (error ?? {}) as { name?: unknown; cause?: { name?: unknown } };
  return name === 'MongoWaitQueueTimeoutError' || cause?.name === 'MongoWaitQueueTimeoutError';
}
