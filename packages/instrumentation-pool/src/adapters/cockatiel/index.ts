import { guard, type Adapter, type Hooks } from '@foreshock/kit';
import type { LimitedTask, PoolEvents, PoolSource, PoolState } from '../../events.ts';
import { runTask } from '../../run-task.ts';

type Work = (this: unknown, ...args: unknown[]) => unknown;

/** `cockatiel/dist/BulkheadPolicy.js`; private only in TypeScript. */
interface Bulkhead {
  capacity: number;
  queueCapacity: number;
  active: number;
  queue: { fn: Work; reject: (error: unknown) => void }[];
}

const source: PoolSource = {
  ofTasks: true,
  // Users may add a name.
  describe: (policy) => ({ name: (policy as { name?: string }).name || 'bulkhead' }),
  count(policy: object, state: PoolState): void {
    const { capacity, active, queue } = policy as Bulkhead;
    state.limit = capacity;
    state.used = active;
    state.idle = Math.max(0, capacity - active);
    state.pending = queue.length;
  },
  isEnded: () => false,
};

/**
 * cockatiel 3 and 4. `BulkheadPolicy.prototype.execute` runs or queues its function; a queued one runs in the context
 * of one that finished.
 */
export const cockatiel: Adapter<PoolEvents> = {
  library: 'cockatiel',
  versions: '>=3.0.0 <5',
  upstream: [],
  shows: ['spans', 'wait', 'state', 'parent'],
  title: '`cockatiel` (bulkhead)',
  summary: 'waits for a slot, holders, cancelled tasks; refusals are the resilience instrumentation’s',
  attach(pools, hooks) {
    for (const folder of ['dist', 'dist/esm']) {
      hooks.onLoad(`cockatiel/${folder}/BulkheadPolicy.js`, ({ exports }) =>
        wrapBulkhead(exports.BulkheadPolicy.prototype, pools, hooks),
      );
    }
  },
};

function wrapBulkhead(prototype: any, pools: PoolEvents, hooks: Hooks): void {
  /** Queued, they reach `execute` again, perhaps wrapped. */
  const queued = new WeakSet<Work>();

  hooks.calls(prototype, 'execute', {
    begin(bulkhead: Bulkhead, args: [Work, AbortSignal?]) {
      const [fn, signal] = args;
      if (typeof fn !== 'function' || queued.has(fn) || signal?.aborted) return undefined;
      const { length } = bulkhead.queue;
      // Resilience reports immediate rejections: `bulkhead <name> full`.
      if (bulkhead.active >= bulkhead.capacity && length >= bulkhead.queueCapacity) return undefined;
      const task = pools.task(source, bulkhead);
      if (!task) return undefined;
      args[0] = function (this: unknown, ...given: unknown[]) {
        return runTask(task, fn, this, given);
      };
      return { task, length };
    },
    returned({ task, length }, _result, { queue }: Bulkhead) {
      const item = queue.length > length ? queue.at(-1) : undefined;
      if (!item) return;
      queued.add(item.fn);
      observeCancelled(item, task);
    },
  });
}

/** Cancelled, it never reaches `execute`. */
function observeCancelled(item: Bulkhead['queue'][number], task: LimitedTask): void {
  const { reject } = item;
  item.reject = (error) => {
    guard('cockatiel bulkhead', () => task.failed(error));
    return reject(error);
  };
}
