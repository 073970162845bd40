import { guard, type Hooks } from '@foreshock/kit';
import type { Acquisition, DbEvents, PoolSource, PoolState, Target } from '../events.ts';

/** Options of a connection, as far as they are read here. */
export interface Config {
  host?: string;
  port?: number;
  database?: string;
  socketPath?: string;
}

/** `mysql2/lib/base/pool.js` (`lib/pool.js` before 3.11.5), as far as it is read here. */
interface Pool {
  config: { connectionLimit: number; connectionConfig: Config };
  _allConnections: { length: number };
  _freeConnections: { length: number };
  _connectionQueue: { length: number };
  _closed: boolean;
}

type Callback = (this: unknown, ...args: any[]) => unknown;

export function targetOf({ host, port, database, socketPath }: Config): Target & { system: string } {
  const address = socketPath ? { host: socketPath, port: undefined } : { host, port };
  return { system: 'mysql', database: database || undefined, ...address };
}

const pools: PoolSource = {
  describe(pool: object) {
    const { connectionConfig, connectionLimit } = (pool as Pool).config;
    return { ...targetOf(connectionConfig), limit: connectionLimit || undefined };
  },
  state(pool: object): PoolState {
    const { _allConnections, _freeConnections, _connectionQueue } = pool as Pool;
    return {
      used: _allConnections.length - _freeConnections.length,
      idle: _freeConnections.length,
      pending: _connectionQueue.length,
    };
  },
  isEnded: (pool) => (pool as Pool)._closed,
};

/** What `getConnection` is about to do: it serves from the idle ones, else opens one if there is room, else puts in line. */
function opensConnection(pool: Pool): boolean {
  const { connectionLimit } = pool.config;
  const hasRoom = connectionLimit === 0 || pool._allConnections.length < connectionLimit;
  return pool._freeConnections.length === 0 && hasRoom;
}

/** Pools, and the ones inside a cluster: every caller comes to `getConnection`, every connection to `releaseConnection`. */
export function wrapPool(prototype: any, db: DbEvents, hooks: Hooks): void {
  /** A caller in line is asked for again, by `getConnection` with the callback it was given, when a place has become free. */
  const waiting = new WeakMap<Callback, Acquisition>();

  hooks.wrap(prototype, 'getConnection', (original) => {
    return function (this: Pool, callback: Callback) {
      if (!hooks.active || this._closed || typeof callback !== 'function') return original.call(this, callback);
      const known = waiting.get(callback);
      const acquisition =
        known ??
        guard('mysql2 pool', () => {
          const asked = pools.state(this);
          return db.acquire(pools, this, asked, asked.idle > 0);
        });
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
      guard('mysql2 pool', () => db.released(this, connection));
      return original.call(this, connection);
    };
  });
}
