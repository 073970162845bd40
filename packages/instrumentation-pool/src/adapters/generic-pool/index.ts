import { HandOver, type Adapter } from '@foreshock/kit';
import type { Acquisition, PoolEvents, PoolSource, PoolState } from '../../events.ts';

/** `generic-pool/lib/Pool.js`; underscored: undocumented. */
interface Pool {
  size: number;
  available: number;
  pending: number;
  max: number;
  min: number;
  _draining: boolean;
  acquire(): Promise<unknown>;
  release(resource: unknown): unknown;
  _factoryCreateOperations: ReadonlySet<unknown>;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const source: PoolSource = {
  describe: (pool) => ({ limit: (pool as Pool).max, idleMin: (pool as Pool).min }),
  count(pool: object, state: PoolState): void {
    const { size, available, pending, _factoryCreateOperations } = pool as Pool;
    state.used = size - available;
    state.idle = available;
    state.pending = Math.max(0, pending - _factoryCreateOperations.size);
  },
  isEnded: (pool) => (pool as Pool)._draining && (pool as Pool).size === 0,
  async ask(pool) {
    const resource = await (pool as Pool).acquire();
    await (pool as Pool).release(resource);
  },
};

/**
 * generic-pool 3. `Pool.prototype.acquire` puts a `ResourceRequest` into its `PriorityQueue`, ended by `resolve`, or
 * `reject` at a time-out.
 */
export const genericPool: Adapter<PoolEvents> = {
  library: 'generic-pool',
  versions: '>=3.0.0 <4',
  upstream: ['@opentelemetry/instrumentation-generic-pool'],
  shows: ['spans', 'wait', 'state', 'parent'],
  summary: 'waits, holders, time-outs, leaks of whatever it pools',
  attach(pools, hooks) {
    const waiting = new WeakMap<object, Acquisition>();
    /** `acquire` calls `enqueue` synchronously. */
    const asking = new HandOver<Acquisition>();

    hooks.onLoad('generic-pool/lib/Pool.js', ({ exports: { prototype } }) => {
      hooks.calls(prototype, 'acquire', {
        begin: (pool: Pool) => (pool._draining ? undefined : pools.acquire(source, pool)),
        handOver: asking,
        // The only reason (Pool.js: `maxWaitingClients`).
        refused: (acquisition) => acquisition.failed(new Error('max waitingClients count exceeded')),
      });
      hooks.before(prototype, '_createResource', (pool) => pools.opening(pool));
      hooks.before(prototype, '_addPooledResourceToAvailableObjects', (pool: Pool, [{ obj }]) => {
        // For `min`, or a caller that left.
        if (pool.pending === 0 && isObject(obj)) pools.openedIdle(source, pool, obj);
      });
      for (const method of ['release', 'destroy']) {
        hooks.before(prototype, method, (pool, [resource]) => pools.released(pool, resource));
      }
    });

    hooks.onLoad('generic-pool/lib/PriorityQueue.js', ({ exports: { prototype } }) => {
      hooks.before(prototype, 'enqueue', (_line, [request]) => {
        const acquisition = asking.take();
        if (acquisition) waiting.set(request, acquisition);
      });
    });

    hooks.onLoad('generic-pool/lib/ResourceRequest.js', ({ exports: { prototype } }) => {
      hooks.before(prototype, 'resolve', (request, [resource]) => waiting.get(request)?.granted(resource));
      hooks.before(prototype, 'reject', (request, [error]) =>
        waiting.get(request)?.failed(error, error?.name === 'TimeoutError'),
      );
    });
  },
};
