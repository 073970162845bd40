import { guard, type Adapter, type Hooks } from '@foreshock/kit';
import type { LimitedTask, PoolEvents, PoolSource, PoolState } from '../../events.ts';
import { runTask } from '../../run-task.ts';

/** `p-queue/dist/index.js`, as far as it is read here: its documented counters. */
interface PQueue {
  concurrency?: number;
  /** Before 5.0 there is no getter. */
  _concurrency?: number;
  /** Tasks that run. */
  pending: number;
  /** Tasks that wait. */
  size: number;
  isPaused: boolean;
  /** Of tasks that have no time-out of their own. */
  timeout?: number;
  /** Before 5.0 there is no getter. */
  _timeout?: number;
}

type Run = (this: unknown, ...args: unknown[]) => unknown;
type Options = { signal?: AbortSignal; timeout?: number } | undefined;

/** Queues that have kept a task although there was a slot: their interval is private from 7.0 on. */
const rated = new WeakSet<object>();

const source: PoolSource = {
  ofTasks: true,
  limitsRate: (queue) => rated.has(queue),
  // It has no name of its own.
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

/**
 * p-queue 2 to 10. `PQueue.prototype.add(fn, options)` runs `fn` before it returns, or puts it in line; what is in
 * line is run where the task before it ended, or in a timer's turn.
 */
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
      // There was a slot, and it did not start: the interval is used up.
      if (!isPaused && hasSlot) rated.add(queue);
      task.waits(isPaused ? 'paused' : 'rate');
      if (options?.signal) watchSignal(task, options.signal);
    },
  });
  hooks.before(prototype, 'pause', (queue) => pools.paused(queue));
  hooks.before(prototype, 'clear', (queue) =>
    pools.cleared(queue, new DOMException('The queue was cleared', 'AbortError')),
  );
}

/** One that is aborted in line is not started any more. */
function watchSignal(task: LimitedTask, signal: AbortSignal): void {
  const onAbort = (): void => void guard('p-queue abort', () => task.failed(signal.reason));
  signal.addEventListener('abort', onAbort, { once: true });
}
