import { guard, type Adapter, type Hooks } from '@foreshock/kit';
import type { LimitedTask, PoolEvents, PoolSource, PoolState } from '../../events.ts';
import { runTask } from '../../run-task.ts';

/** Documented. */
interface PQueue {
  concurrency?: number;
  /** Before 5.0. */
  _concurrency?: number;
  /** Running. */
  pending: number;
  /** Waiting. */
  size: number;
  isPaused: boolean;
  timeout?: number;
  /** Before 5.0. */
  _timeout?: number;
}

type Run = (this: unknown, ...args: unknown[]) => unknown;
type Options = { signal?: AbortSignal; timeout?: number } | undefined;

/** The interval, private since 7.0, delayed a task despite a free slot. */
const rated = new WeakSet<object>();

const source: PoolSource = {
  ofTasks: true,
  limitsRate: (queue) => rated.has(queue),
  describe: () => ({ name: 'p-queue' }),
  count(queue: object, state: PoolState): void {
    const { concurrency, _concurrency, pending, size } = queue as PQueue;
    state.limit = concurrency ?? _concurrency ?? Infinity;
    state.used = pending;
    state.idle = Math.max(0, state.limit - pending);
    state.pending = size;
  },
  isEnded: () => false,
};

/** p-queue 2 to 10. `PQueue.prototype.add(fn, options)` runs or queues `fn`. */
export const pQueue: Adapter<PoolEvents> = {
  library: 'p-queue',
  versions: '>=2.0.0 <11',
  upstream: [],
  shows: ['spans', 'wait', 'state', 'parent'],
  summary: 'waits for a slot, an interval or the end of a pause; holders; cleared and aborted tasks',
  attach(pools, hooks) {
    hooks.onLoad('p-queue/index.js', ({ exports }) => wrapQueue(exports.default ?? exports, pools, hooks));
    hooks.onLoad('p-queue/dist/index.js', ({ exports }) => wrapQueue(exports.default ?? exports, pools, hooks));
  },
};

function wrapQueue(QueueClass: { prototype: any }, pools: PoolEvents, hooks: Hooks): void {
  const { prototype } = QueueClass;
  const asked: PoolState = { used: 0, idle: 0, pending: 0 };

  hooks.calls(prototype, 'add', {
    begin(queue: PQueue, args: [Run, Options?]) {
      const [fn, options] = args;
      if (typeof fn !== 'function') return undefined;
      const { isPaused, timeout, _timeout } = queue;
      source.count(queue, asked);
      const hasSlot = asked.idle > 0;
      const task = pools.task(source, queue, asked);
      if (!task) return undefined;
      const added = { task, isPaused, hasSlot, hasStarted: false };
      args[0] = function (this: unknown, ...given: unknown[]) {
        added.hasStarted = true;
        guard('p-queue run', () => task.timesOutAfter(options?.timeout ?? timeout ?? _timeout));
        return runTask(task, fn, this, given);
      };
      return added;
    },
    returned({ task, isPaused, hasSlot, hasStarted }, _result, queue, [, options]) {
      if (hasStarted) return;
      // Its limit is reached.
      if (!isPaused && hasSlot) rated.add(queue);
      task.waits(isPaused ? 'paused' : 'rate');
      if (options?.signal) observeSignal(task, options.signal);
    },
  });
  hooks.before(prototype, 'pause', (queue) => pools.paused(queue));
  hooks.before(prototype, 'clear', (queue) =>
    pools.cleared(queue, new DOMException('The queue was cleared', 'AbortError')),
  );
}

/** Aborted while queued, it never starts. */
function observeSignal(task: LimitedTask, signal: AbortSignal): void {
  const onAbort = (): void => void guard('p-queue abort', () => task.failed(signal.reason));
  signal.addEventListener('abort', onAbort, { once: true });
}
