import { guard, type Adapter } from '@foreshock/kit';
import type { Acquisition, PoolEvents, PoolSource, PoolState } from '../../events.ts';

/** `sequelize-pool/lib/Pool.js`, as far as it is read here. */
interface Pool {
  name?: string;
  size: number;
  available: number;
  using: number;
  waiting: number;
  maxSize: number;
  minSize: number;
  _draining: boolean;
}

const source: PoolSource = {
  describe(pool: object) {
    const { name, maxSize, minSize } = pool as Pool;
    // Sequelize calls all of its pools `sequelize`, `sequelize:read` or `sequelize:write`.
    return { name: name?.startsWith('sequelize') ? undefined : name, limit: maxSize, idleMin: minSize };
  },
  count(pool: object, state: PoolState): void {
    const { size, available, using, waiting } = pool as Pool;
    const opening = size - available - using;
    state.used = size - available;
    state.idle = available;
    state.pending = Math.max(0, waiting - opening);
  },
  isEnded: (pool) => (pool as Pool)._draining && (pool as Pool).size === 0,
};

/**
 * sequelize-pool 6 to 8, the pool of Sequelize 6 and 7. A caller is a `Deferred` that `Pool.prototype.acquire` makes,
 * gives a time-out and puts in line; whoever has a resource calls its `resolve`, a failed create or the time-out its
 * `reject`. Resources are given by promise only, so the caller's context comes back by itself.
 */
export const sequelizePool: Adapter<PoolEvents> = {
  library: 'sequelize-pool',
  versions: '>=6.0.0 <9',
  upstream: [],
  shows: ['spans', 'wait', 'state', 'parent'],
  title: '`sequelize-pool` (Sequelize)',
  summary: 'waits, holders, time-outs, leaks of whatever it pools',
  attach(pools, hooks) {
    const waiting = new WeakMap<object, Acquisition>();
    /** Of the `acquire` under way, until its `Deferred` is known. */
    let asking: Acquisition | undefined;

    hooks.onLoad('sequelize-pool/lib/Pool.js', ({ exports: { Pool } }) => {
      hooks.wrap(Pool.prototype, 'acquire', (original) => {
        return function (this: Pool) {
          if (!hooks.active || this._draining) return original.call(this);
          asking = guard('sequelize-pool acquire', () => pools.acquire(source, this));
          const result = original.call(this);
          asking = undefined;
          return result;
        };
      });
      hooks.wrap(Pool.prototype, '_createResource', (original) => {
        return function (this: Pool) {
          if (hooks.active) guard('sequelize-pool create', () => pools.opening(this));
          return original.call(this);
        };
      });
      for (const method of ['release', 'destroy']) {
        hooks.wrap(Pool.prototype, method, (original) => {
          return function (this: Pool, ...args: unknown[]) {
            guard('sequelize-pool release', () => pools.released(this, args[0]));
            return original.apply(this, args);
          };
        });
      }
    });

    hooks.onLoad('sequelize-pool/lib/Deferred.js', ({ exports: { Deferred } }) => {
      hooks.wrap(Deferred.prototype, 'registerTimeout', (original) => {
        return function (this: object, ...args: unknown[]) {
          if (asking) waiting.set(this, asking);
          asking = undefined;
          return original.apply(this, args);
        };
      });
      hooks.wrap(Deferred.prototype, 'resolve', (original) => {
        return function (this: object, resource: unknown) {
          guard('sequelize-pool acquire', () => waiting.get(this)?.granted(resource));
          return original.call(this, resource);
        };
      });
      hooks.wrap(Deferred.prototype, 'reject', (original) => {
        return function (this: object, error: object | undefined) {
          guard('sequelize-pool acquire', () =>
            waiting.get(this)?.failed(error, error?.constructor?.name === 'TimeoutError'),
          );
          return original.call(this, error);
        };
      });
    });
  },
};
