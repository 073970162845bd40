import type { Adapter } from '@foreshock/kit';
import type { Acquisition, PoolEvents, PoolSource, PoolState } from '../../events.ts';

/** `tarn/dist/Pool.js`. */
interface Pool {
  min: number;
  max: number;
  destroyed: boolean;
  acquire(): { promise: Promise<unknown> };
  release(resource: unknown): boolean;
  numUsed(): number;
  numFree(): number;
  numPendingAcquires(): number;
  numPendingCreates(): number;
}

const source: PoolSource = {
  describe: (pool) => ({ limit: (pool as Pool).max, idleMin: (pool as Pool).min }),
  count(pool: object, state: PoolState): void {
    const counted = pool as Pool;
    const opening = counted.numPendingCreates();
    state.used = counted.numUsed() + opening;
    state.idle = counted.numFree();
    state.pending = Math.max(0, counted.numPendingAcquires() - opening);
  },
  isEnded: (pool) => (pool as Pool).destroyed,
  async ask(pool) {
    const resource = await (pool as Pool).acquire().promise;
    (pool as Pool).release(resource);
  },
};

/**
 * tarn 3, of knex. Wraps `Pool.prototype._executeEventHandlers`: applications may count or remove `pool.on(…)`
 * listeners.
 */
export const tarn: Adapter<PoolEvents> = {
  library: 'tarn',
  versions: '>=3.0.0 <4',
  upstream: [],
  shows: ['spans', 'wait', 'state', 'parent'],
  title: '`tarn` (knex)',
  summary: 'waits, holders, time-outs, leaks of whatever it pools',
  attach(pools, hooks) {
    const asking = new WeakMap<Pool, Map<unknown, Acquisition>>();

    function observe(pool: Pool, event: string, [first, second]: unknown[]): void {
      switch (event) {
        case 'acquireRequest': {
          const acquisition = pools.acquire(source, pool);
          if (!acquisition) return;
          const callers = asking.get(pool) ?? new Map<unknown, Acquisition>();
          asking.set(pool, callers.set(first, acquisition));
          return;
        }
        case 'acquireSuccess':
          settled(pool, first)?.granted(second);
          return;
        case 'acquireFail':
          settled(pool, first)?.failed(second, (second as object | undefined)?.constructor?.name === 'TimeoutError');
          return;
        case 'createRequest':
          pools.opening(pool);
          return;
        case 'createSuccess':
          // Its caller has left.
          if (pool.numPendingAcquires() === 0) pools.openedIdle(source, pool, second as object);
          return;
        case 'release':
          pools.released(pool, first);
      }
    }

    function settled(pool: Pool, caller: unknown): Acquisition | undefined {
      const acquisition = asking.get(pool)?.get(caller);
      asking.get(pool)?.delete(caller);
      return acquisition;
    }

    hooks.onLoad('tarn/dist/Pool.js', ({ exports }) => {
      hooks.before(exports.Pool.prototype, '_executeEventHandlers', (pool: Pool, [event, ...args]) =>
        observe(pool, event, args),
      );
    });
  },
};
