import { HandOver, type Adapter } from '@foreshock/kit';
import type { Acquisition, PoolEvents, PoolSource, PoolState } from '../../events.ts';

/** `sequelize-pool/lib/Pool.js`. */
interface Pool {
  name?: string;
  size: number;
  available: number;
  using: number;
  waiting: number;
  maxSize: number;
  minSize: number;
  _draining: boolean;
  acquire(): Promise<unknown>;
  release(resource: unknown): unknown;
}

const source: PoolSource = {
  describe(pool: object) {
    const { name, maxSize, minSize } = pool as Pool;
    // Sequelize uses `sequelize`, `sequelize:read` or `sequelize:write`.
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
  async ask(pool) {
    const resource = await (pool as Pool).acquire();
    await (pool as Pool).release(resource);
  },
};

/** sequelize-pool 6 to 8. `Pool.prototype.acquire` queues a `Deferred`, ended by `resolve` or `reject`. */
export const sequelizePool: Adapter<PoolEvents> = {
  library: 'sequelize-pool',
  versions: '>=6.0.0 <9',
  upstream: [],
  shows: ['spans', 'wait', 'state', 'parent'],
  title: '`sequelize-pool` (Sequelize)',
  summary: 'waits, holders, time-outs, leaks of whatever it pools',
  attach(pools, hooks) {
    const waiting = new WeakMap<object, Acquisition>();
    /** `acquire` calls `registerTimeout` synchronously. */
    const asking = new HandOver<Acquisition>();

    hooks.onLoad('sequelize-pool/lib/Pool.js', ({ exports: { Pool } }) => {
      hooks.calls(Pool.prototype, 'acquire', {
        begin: (pool: Pool) => (pool._draining ? undefined : pools.acquire(source, pool)),
        handOver: asking,
      });
      hooks.before(Pool.prototype, '_createResource', (pool) => pools.opening(pool));
      for (const method of ['release', 'destroy']) {
        hooks.before(Pool.prototype, method, (pool, [resource]) => pools.released(pool, resource));
      }
    });

    hooks.onLoad('sequelize-pool/lib/Deferred.js', ({ exports: { Deferred } }) => {
      hooks.before(Deferred.prototype, 'registerTimeout', (deferred) => {
        const acquisition = asking.take();
        if (acquisition) waiting.set(deferred, acquisition);
      });
      hooks.before(Deferred.prototype, 'resolve', (deferred, [resource]) => waiting.get(deferred)?.granted(resource));
      hooks.before(Deferred.prototype, 'reject', (deferred, [error]) =>
        waiting.get(deferred)?.failed(error, error?.constructor?.name === 'TimeoutError'),
      );
    });
  },
};
