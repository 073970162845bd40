import { guard, type Adapter } from '@foreshock/kit';
import type { Acquisition, PoolEvents, PoolSource, PoolState } from '../../events.ts';

/** `generic-pool/lib/Pool.js`, as far as it is read here; all but the fields with underscores are its documented counters. */
interface Pool {
  size: number;
  available: number;
  pending: number;
  max: number;
  min: number;
  _draining: boolean;
  _factoryCreateOperations: ReadonlySet<unknown>;
}

const source: PoolSource = {
  describe: (pool) => ({ limit: (pool as Pool).max, idleMin: (pool as Pool).min }),
  count(pool: object, state: PoolState): void {
    const { size, available, pending, _factoryCreateOperations } = pool as Pool;
    state.used = size - available;
    state.idle = available;
    state.pending = Math.max(0, pending - _factoryCreateOperations.size);
  },
  isEnded: (pool) => (pool as Pool)._draining && (pool as Pool).size === 0,
};

/**
 * generic-pool 3, for whatever it holds. A caller is a `ResourceRequest` that `Pool.prototype.acquire` puts in its
 * `PriorityQueue`; whoever has a resource calls the request's `resolve`, its time-out calls `reject`. What is pooled is
 * given by promise only, so the caller's context comes back by itself.
 */
export const genericPool: Adapter<PoolEvents> = {
  library: 'generic-pool',
  versions: '>=3.0.0 <4',
  upstream: ['@opentelemetry/instrumentation-generic-pool'],
  shows: ['spans', 'wait', 'state', 'parent'],
  summary: 'waits, holders, time-outs, leaks of whatever it pools',
  attach(pools, hooks) {
    const waiting = new WeakMap<object, Acquisition>();
    /** Of the `acquire` under way, until its request is in line. */
    let asking: Acquisition | undefined;

    hooks.onLoad('generic-pool/lib/Pool.js', ({ exports: Pool }) => {
      hooks.wrap(Pool.prototype, 'acquire', (original) => {
        return function (this: Pool, ...args: unknown[]) {
          if (!hooks.active || this._draining) return original.apply(this, args);
          asking = guard('generic-pool acquire', () => pools.acquire(source, this));
          try {
            return original.apply(this, args);
          } finally {
            const refused = asking;
            asking = undefined;
            // The one reason not to be put in line (Pool.js: `maxWaitingClients`).
            guard('generic-pool acquire', () => refused?.failed(new Error('max waitingClients count exceeded')));
          }
        };
      });
      hooks.wrap(Pool.prototype, '_createResource', (original) => {
        return function (this: Pool) {
          if (hooks.active) guard('generic-pool create', () => pools.opening(this));
          return original.call(this);
        };
      });
      for (const method of ['release', 'destroy']) {
        hooks.wrap(Pool.prototype, method, (original) => {
          return function (this: Pool, ...args: unknown[]) {
            guard('generic-pool release', () => pools.released(this, args[0]));
            return original.apply(this, args);
          };
        });
      }
    });

    hooks.onLoad('generic-pool/lib/PriorityQueue.js', ({ exports: PriorityQueue }) => {
      hooks.wrap(PriorityQueue.prototype, 'enqueue', (original) => {
        return function (this: unknown, request: object, ...args: unknown[]) {
          if (asking) waiting.set(request, asking);
          asking = undefined;
          return original.call(this, request, ...args);
        };
      });
    });

    hooks.onLoad('generic-pool/lib/ResourceRequest.js', ({ exports: ResourceRequest }) => {
      hooks.wrap(ResourceRequest.prototype, 'resolve', (original) => {
        return function (this: object, resource: unknown) {
          guard('generic-pool acquire', () => waiting.get(this)?.granted(resource));
          return original.call(this, resource);
        };
      });
      hooks.wrap(ResourceRequest.prototype, 'reject', (original) => {
        return function (this: object, error: { name?: unknown }) {
          guard('generic-pool acquire', () => waiting.get(this)?.failed(error, error?.name === 'TimeoutError'));
          return original.call(this, error);
        };
      });
    });
  },
};
