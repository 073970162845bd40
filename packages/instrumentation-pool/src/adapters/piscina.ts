import { basename } from 'node:path';
import { guard, type Adapter, type Hooks } from '@foreshock/kit';
import type { LimitedTask, PoolEvents, PoolSource, PoolState } from '../events.ts';

/** `piscina/dist/index.js`, its documented part. */
interface Piscina {
  options: {
    filename?: string | null;
    maxThreads: number;
    maxQueue: number;
    concurrentTasksPerWorker?: number;
    taskQueue: object;
  };
  threads: readonly unknown[];
  queueSize: number;
  /** Tasks that ran. */
  completed: number;
}

/** A `TaskInfo` of piscina, an AsyncResource: what its caller gets is run where the caller was. */
interface TaskInfo {
  /** Whose thread runs it. */
  workerInfo: unknown;
}

/** A `run` under way, until its task is in line or with a thread. */
interface Asking {
  task: LimitedTask;
  placed: boolean;
}

/** How many tasks were given to a pool and not taken back: with `completed` it says how many are under way. */
const given = new WeakMap<object, number>();

const source: PoolSource = {
  ofTasks: true,
  describe({ options: { filename } }: any) {
    return { name: typeof filename === 'string' ? basename(filename) : 'piscina' };
  },
  count(pool: object, state: PoolState): void {
    const { options, queueSize, completed } = pool as Piscina;
    state.limit = options.maxThreads * (options.concurrentTasksPerWorker ?? 1);
    state.used = Math.min(state.limit, Math.max(0, (given.get(pool) ?? 0) - completed - queueSize));
    state.idle = state.limit - state.used;
    state.pending = queueSize;
  },
  isEnded: () => false,
};

/**
 * piscina 4 and 5. `run` makes a `TaskInfo`, and gives it to a thread (`WorkerInfo.prototype.postTask`) or puts it in line
 * (`push` of the task queue's class). In version 4 these classes are seen only once a task stands in line: tasks
 * that never did hold nothing then.
 */
export const piscina: Adapter<PoolEvents> = {
  library: 'piscina',
  versions: '>=4.0.0 <6',
  upstream: [],
  attach(pools, hooks) {
    const runs = new Runs(pools, hooks);
    for (const file of ['piscina/dist/src/index.js', 'piscina/dist/index.js']) {
      hooks.onLoad(file, ({ exports }) => runs.wrapPool((exports.Piscina ?? exports).prototype));
    }
    hooks.onLoad('piscina/dist/task_queue/fixed_queue.js', ({ exports }) =>
      runs.wrapLine(exports.FixedQueue.prototype),
    );
    hooks.onLoad('piscina/dist/task_queue/index.js', ({ exports }) => runs.wrapTaskInfo(exports.TaskInfo.prototype));
    hooks.onLoad('piscina/dist/worker_pool/index.js', ({ exports }) => runs.wrapPosting(exports.WorkerInfo.prototype));
  },
};

class Runs {
  readonly #pools: PoolEvents;
  readonly #hooks: Hooks;
  readonly #tasks = new WeakMap<TaskInfo, LimitedTask>();
  readonly #wrapped = new WeakSet<object>();
  #asking: Asking | undefined;

  constructor(pools: PoolEvents, hooks: Hooks) {
    this.#pools = pools;
    this.#hooks = hooks;
  }

  wrapPool(prototype: any): void {
    const runs = this;
    for (const method of ['run', 'runTask']) {
      if (typeof prototype[method] !== 'function') continue;
      this.#hooks.wrap(prototype, method, (original) => {
        return function (this: Piscina, ...args: unknown[]) {
          if (!runs.#hooks.active || runs.#asking) return original.apply(this, args);
          const asking = guard('piscina run', () => runs.#begin(this));
          if (!asking) return original.apply(this, args);
          runs.#asking = asking;
          try {
            return original.apply(this, args);
          } finally {
            runs.#asking = undefined;
            guard('piscina run', () => runs.#asked(this, asking));
          }
        };
      });
    }
  }

  #begin(pool: Piscina): Asking | undefined {
    this.wrapLine(Object.getPrototypeOf(pool.options.taskQueue));
    const task = this.#pools.task(source, pool);
    given.set(pool, (given.get(pool) ?? pool.completed + pool.queueSize) + 1);
    return task && { task, placed: false };
  }

  /** `run` has returned. */
  #asked(pool: Piscina, { task, placed }: Asking): void {
    if (placed) return;
    const { queueSize, options } = pool;
    if (queueSize < options.maxQueue) return;
    given.set(pool, given.get(pool)! - 1);
    task.failed(
      new Error(options.maxQueue === 0 ? 'No task queue available and all Workers are busy' : 'Task queue is at limit'),
    );
  }

  /** The class of a line of tasks. */
  wrapLine(prototype: any): void {
    if (this.#wrapped.has(prototype) || prototype === Object.prototype) return;
    this.#wrapped.add(prototype);
    const runs = this;
    this.#hooks.wrap(prototype, 'push', (original) => {
      return function (this: unknown, info: TaskInfo, ...rest: unknown[]) {
        const asking = runs.#asking;
        if (asking && !asking.placed) guard('piscina line', () => runs.#queued(info, asking));
        return original.call(this, info, ...rest);
      };
    });
    this.#hooks.wrap(prototype, 'remove', (original) => {
      return function (this: unknown, info: TaskInfo, ...rest: unknown[]) {
        guard('piscina line', () =>
          runs.#tasks.get(info)?.failed({ code: 'AbortError', message: 'The task has been aborted' }),
        );
        return original.call(this, info, ...rest);
      };
    });
  }

  #queued(info: TaskInfo, asking: Asking): void {
    asking.placed = true;
    const { task } = asking;
    // With a thread to spare it waits for one to start.
    task.waits('connect');
    this.#tasks.set(info, task);
    this.wrapTaskInfo(Object.getPrototypeOf(info));
    let { workerInfo } = info;
    Object.defineProperty(info, 'workerInfo', {
      configurable: true,
      enumerable: true,
      get: () => workerInfo,
      set(value: unknown) {
        workerInfo = value;
        if (value) guard('piscina start', () => task.started());
      },
    });
  }

  wrapPosting(prototype: any): void {
    const runs = this;
    this.#hooks.wrap(prototype, 'postTask', (original) => {
      return function (this: unknown, info: TaskInfo, ...rest: unknown[]) {
        const asking = runs.#asking;
        if (asking && !asking.placed) {
          asking.placed = true;
          runs.#tasks.set(info, asking.task);
          guard('piscina start', () => asking.task.started());
        }
        return original.call(this, info, ...rest);
      };
    });
  }

  wrapTaskInfo(prototype: any): void {
    if (this.#wrapped.has(prototype)) return;
    this.#wrapped.add(prototype);
    const runs = this;
    this.#hooks.wrap(prototype, 'done', (original) => {
      return function (this: TaskInfo, error: unknown, ...rest: unknown[]) {
        guard('piscina done', () => {
          const task = runs.#tasks.get(this);
          if (!this.workerInfo) task?.failed(error);
          else task?.finished();
        });
        return original.call(this, error, ...rest);
      };
    });
  }
}
