import {
  answering,
  replaceOn,
  preceded,
  targetOf,
  unexportedClass,
  type Adapter,
  type AnyFunction,
  type Hooks,
} from '@foreshock/kit';
import type { PoolDescription, PoolEvents, PoolSource, PoolState } from '../../events.ts';

const PLACE = 'mariadb pool';

/** lib/pool.js: below the pools of promises, callbacks and clusters. */
interface Pool {
  opts: {
    connectionLimit: number;
    minimumIdle?: number;
    connOptions: { host?: string; port?: number; database?: string; socketPath?: string };
  };
  readonly closed: boolean;
  activeConnections(): number;
  idleConnections(): number;
  totalConnections(): number;
  /** Callers in its queue. */
  taskQueueSize(): number;
  getConnection(parameters: object, callback: (error: unknown, connection?: Connection) => void): void;
}

interface Connection {
  destroy: AnyFunction;
  ping: AnyFunction;
  release: AnyFunction;
}

const source: PoolSource = {
  describe(pool: object): PoolDescription {
    const { connectionLimit, minimumIdle, connOptions } = (pool as Pool).opts;
    return { ...targetOf('mariadb', connOptions), limit: connectionLimit, idleMin: minimumIdle };
  },
  count(pool: object, state: PoolState): void {
    state.used = (pool as Pool).activeConnections();
    state.idle = (pool as Pool).idleConnections();
    state.pending = (pool as Pool).taskQueueSize();
  },
  isEnded: (pool) => (pool as Pool).closed,
  ask: (pool) =>
    new Promise<void>((resolve, reject) => {
      (pool as Pool).getConnection({}, (error, connection) => {
        if (error) return reject(error as Error);
        // Its own `release` (lib/pool.js, `_prepareNewConnection`).
        connection!.ping({}, () => connection!.release({}, resolve, reject), reject);
      });
    }),
};

/**
 * mariadb 3: all callers use `getConnection` of `Pool` (lib/pool.js), which opens one connection at a time by itself.
 * Its events (`acquire`, `enqueue`) do not say who waits. Since 3.5 `require` gets a bundle that does not export the
 * class.
 */
export const mariadbPool: Adapter<PoolEvents> = {
  library: 'mariadb',
  versions: '>=3.4.1 <4',
  upstream: [],
  shows: ['wait', 'state'],
  title: '`mariadb` (pools)',
  summary: 'waits, holders, time-outs, leaks of its pools, also in a cluster',
  attach(pools, hooks) {
    hooks.onLoad('mariadb/lib/pool.js', ({ exports }) =>
      wrapPool((exports.default ?? exports).prototype, pools, hooks),
    );
    for (const bundle of ['promise', 'callback']) {
      hooks.onLoad(`mariadb/dist/${bundle}.cjs`, ({ exports }) => {
        const prototype = unexportedClass(
          () => exports.createPool({}),
          (emitter) => '_managePoolSize' in emitter,
        );
        if (prototype) wrapPool(prototype, pools, hooks);
      });
    }
  },
};

function wrapPool(prototype: any, pools: PoolEvents, hooks: Hooks): void {
  hooks.before(prototype, 'getConnection', (pool: Pool, args: [unknown, AnyFunction?]) => {
    const at = typeof args[0] === 'function' ? 0 : 1;
    const callback = args[at] as AnyFunction | undefined;
    if (pool.closed || typeof callback !== 'function') return;
    const hasRoom = pool.totalConnections() + pool.taskQueueSize() < pool.opts.connectionLimit;
    const acquisition = pools.acquire(source, pool);
    if (!acquisition) return;
    if (hasRoom && pool.idleConnections() === 0) acquisition.connecting();
    args[at] = answering(PLACE, acquisition, callback, ([error, connection]) => {
      if (error) acquisition.failed(error, error.code === 'ER_GET_CONNECTION_TIMEOUT');
      else acquisition.granted(connection);
    });
  });

  hooks.calls(prototype, '_prepareNewConnection', {
    begin: (pool: Pool, [connection]: [Connection]) => ({ connection, isWaitedFor: pool.taskQueueSize() > 0 }),
    returned({ connection, isWaitedFor }, _result, pool: Pool) {
      if (!isWaitedFor) pools.openedIdle(source, pool, connection);
      // Its own, made by this method.
      replaceOn(connection as { destroy: AnyFunction }, 'destroy', (original) =>
        preceded(original, () => pools.released(pool, connection), PLACE, hooks),
      );
    },
  });

  for (const method of ['release', '_destroy', '_cleanupConnection', '_processIdleConnectionsOnError']) {
    hooks.before(prototype, method, (pool: Pool, [connection]) => pools.released(pool, connection));
  }
}
