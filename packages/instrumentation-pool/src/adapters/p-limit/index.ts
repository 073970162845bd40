import {
  preceded,
  propertiesOf,
  replacementOf,
  replaceOn,
  returning,
  type Adapter,
  type AnyFunction,
  type Attachment,
} from '@foreshock/kit';
import type { PoolEvents, PoolSource, PoolState } from '../../events.ts';
import { runTask } from '../../run-task.ts';

interface Limit extends AnyFunction {
  activeCount: number;
  pendingCount: number;
  /** Since 6.0. */
  concurrency?: number;
  clearQueue?: AnyFunction;
}

/** p-limit 2 to 7. Limits are closures: the export is replaced, each limit wrapped. */
export const pLimit: Adapter<PoolEvents> = {
  library: 'p-limit',
  versions: '>=3.0.0 <8',
  upstream: [],
  shows: ['spans', 'wait', 'state', 'parent'],
  summary: 'waits for a slot, holders, cleared tasks',
  attach(pools, hooks) {
    hooks.onFunctionLoad('p-limit/index.js', 'pLimit', (original) =>
      replacementOf(original, pools, hooks, observedMaker),
    );
  },
};

function observedMaker(make: AnyFunction, attachment: Attachment<PoolEvents>): AnyFunction {
  return returning(make, (limit, _self, [given]) => observe(limit, given, attachment), 'p-limit', attachment);
}

function observe(limit: Limit, given: unknown, attachment: Attachment<PoolEvents>): Limit {
  // An object since 7.3.
  const concurrency = typeof given === 'object' ? (given as { concurrency: number }).concurrency : (given as number);
  const source: PoolSource = {
    ofTasks: true,
    describe: () => ({ name: 'p-limit' }),
    count(pool: object, state: PoolState): void {
      const { activeCount, pendingCount, concurrency: current = concurrency } = pool as Limit;
      state.limit = current;
      state.used = activeCount;
      state.idle = Math.max(0, current - activeCount);
      state.pending = pendingCount;
    },
    isEnded: () => false,
  };

  const limiting = (_self: unknown, args: unknown[]): void => {
    const [fn] = args;
    const task = typeof fn === 'function' ? attachment.events.task(source, limit) : undefined;
    if (!task) return;
    args[0] = function (this: unknown, ...parameters: unknown[]) {
      return runTask(task, fn as AnyFunction, this, parameters);
    };
  };
  const observed = preceded(limit, limiting, 'p-limit', attachment);
  const descriptors = propertiesOf(limit);
  const { clearQueue, map } = descriptors as Partial<Record<string, { value: AnyFunction }>>;
  if (clearQueue) {
    const cleared = (): void =>
      attachment.events.cleared(limit, new DOMException('The queue was cleared', 'AbortError'));
    replaceOn(clearQueue, 'value', (original) => preceded(original, cleared, 'p-limit', attachment));
  }
  if (map) replaceOn(map, 'value', () => mapOf(observed));
  return Object.defineProperties(observed, descriptors) as Limit;
}

/** `limit.map` of 7.2. */
function mapOf(limit: AnyFunction): AnyFunction {
  return async function map(iterable: Iterable<unknown>, fn: AnyFunction) {
    const promises: Promise<unknown>[] = [];
    try {
      for (const value of iterable) promises.push(limit(fn, value, promises.length));
    } catch (error) {
      for (const promise of promises) promise.catch(() => {});
      throw error;
    }
    return Promise.all(promises);
  };
}
