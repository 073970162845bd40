import { guard, type Adapter, type Hooks } from '@foreshock/kit';
import type { LimitedTask, PoolEvents, PoolSource, PoolState } from '../../events.ts';
import { runTask } from '../../run-task.ts';

type Work = (this: unknown, ...args: unknown[]) => unknown;

/** `cockatiel/dist/BulkheadPolicy.js`; what is read is private to TypeScript only. */
interface Bulkhead {
  capacity: number;
  queueCapacity: number;
  active: number;
  queue: { fn: Work; reject: (error: unknown) => void }[];
}

const source: PoolSource = {
  ofTasks: true,
  // A name is the user's own property: a policy has none.
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
 * The bulkhead of cockatiel 3 and 4. `BulkheadPolicy.prototype.execute` runs its function, or puts it in line; one
 * that stood in line comes back to `execute`, with the same function, from where the one before it finished.
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
  /** Functions that stand in line, or stood there: they come back, whoever has wrapped them last. */
  const inLine = new WeakSet<Work>();

  hooks.calls(prototype, 'execute', {
    begin(bulkhead: Bulkhead, args: [Work, AbortSignal?]) {
      const [fn, signal] = args;
      if (typeof fn !== 'function' || inLine.has(fn) || signal?.aborted) return undefined;
      const { length } = bulkhead.queue;
      // Refused at once is no wait: `bulkhead <name> full` of the resilience instrumentation.
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
      inLine.add(item.fn);
      watchCancelled(item, task);
    },
  });
}

/** One that is cancelled in line is rejected, and does not come back. */
function watchCancelled(item: Bulkhead['queue'][number], task: LimitedTask): void {
  const { reject } = item;
  item.reject = (error) => {
    guard('cockatiel bulkhead', () => task.failed(error));
    return reject(error);
  };
}
