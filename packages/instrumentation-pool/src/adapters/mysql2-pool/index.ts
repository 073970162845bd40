import { guard, type Adapter, type Hooks } from '@foreshock/kit';
import type { Acquisition, PoolDescription, PoolEvents, PoolSource, PoolState } from '../../events.ts';

/** `mysql2/lib/base/pool.js` (`lib/pool.js` before 3.11.5), as far as it is read here. */
interface Pool {
  config: {
    connectionLimit: number;
    connectionConfig: { host?: string; port?: number; database?: string; socketPath?: string };
  };
  _allConnections: { length: number };
  _freeConnections: { length: number };
  _connectionQueue: { length: number };
  _closed: boolean;
}

type Callback = (this: unknown, ...args: any[]) => unknown;

const source: PoolSource = {
  describe(pool: object): PoolDescription {
    const { connectionConfig, connectionLimit } = (pool as Pool).config;
    const { host, port, database, socketPath } = connectionConfig;
    const address = socketPath ? { host: socketPath } : { host, port };
    return { system: 'mysql', database: database || undefined, ...address, limit: connectionLimit || undefined };
  },
  count(pool: object, state: PoolState): void {
    const { _allConnections, _freeConnections, _connectionQueue } = pool as Pool;
    state.used = _allConnections.length - _freeConnections.length;
    state.idle = _freeConnections.length;
    state.pending = _connectionQueue.length;
  },
  isEnded: (pool) => (pool as Pool)._closed,
};

/**
 * mysql2 3: pools, and the ones inside a cluster. Every caller comes to `getConnection`, every connection to
 * `releaseConnection`.
 */
export const mysql2Pool: Adapter<PoolEvents> = {
  library: 'mysql2',
  versions: '>=3.0.0 <4',
  upstream: ['@opentelemetry/instrumentation-mysql2'],
  shows: ['wait', 'state'],
  title: '`mysql2` (pools)',
  summary: 'waits, holders, time-outs, leaks of its pools, also in a cluster',
  attach(pools, hooks) {
    // The classes' methods moved to `base` in 3.11.5.
    for (const folder of ['mysql2/lib', 'mysql2/lib/base']) {
      hooks.onLoad(`${folder}/pool.js`, ({ exports: { prototype } }) => {
        if (Object.hasOwn(prototype, 'getConnection')) wrapPool(prototype, pools, hooks);
      });
    }
  },
};

/** What `getConnection` is about to do: it serves from the idle ones, else opens one if there is room, else puts in line. */
function opensConnection(pool: Pool): boolean {
  const { connectionLimit } = pool.config;
  const hasRoom = connectionLimit === 0 || pool._allConnections.length < connectionLimit;
  return pool._freeConnections.length === 0 && hasRoom;
}

function wrapPool(prototype: any, pools: PoolEvents, hooks: Hooks): void {
  /** A caller in line is asked for again, by `getConnection` with the callback it was given, when a place has become free. */
  const waiting = new WeakMap<Callback, Acquisition>();

  hooks.wrap(prototype, 'getConnection', (original) => {
    return function (this: Pool, callback: Callback) {
      if (!hooks.active || this._closed || typeof callback !== 'function') return original.call(this, callback);
      const known = waiting.get(callback);
      const acquisition = known ?? guard('mysql2 pool', () => pools.acquire(source, this));
      if (!acquisition) return original.call(this, callback);
      guard('mysql2 pool', () => opensConnection(this) && acquisition.connecting());
      return original.call(this, known ? callback : served(callback, acquisition));
    };
  });

  function served(callback: Callback, acquisition: Acquisition): Callback {
    const answer: Callback = function (...args) {
      guard('mysql2 pool', () => {
        const [error, connection] = args;
        if (error) acquisition.failed(error, error.code === 'ETIMEDOUT');
        else acquisition.granted(connection);
      });
      return acquisition.resume(callback, this, args);
    };
    waiting.set(answer, acquisition);
    return answer;
  }

  hooks.wrap(prototype, 'releaseConnection', (original) => {
    return function (this: Pool, connection: unknown) {
      guard('mysql2 pool', () => pools.released(this, connection));
      return original.call(this, connection);
    };
  });
}
