import { basename } from 'node:path';
import { guard, HandOver, type Adapter, type Hooks } from '@foreshock/kit';
import type { LimitedTask, PoolEvents, PoolSource, PoolState } from '../../events.ts';

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

/** A `run`, from its call on. */
interface Asking {
  pool: Piscina;
  task: LimitedTask;
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
  shows: ['spans', 'wait', 'state', 'parent'],
  summary: 'waits for a thread, holders, aborted tasks; in 4 only tasks that waited are seen as holders',
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

/** One of the tasks that were given to a pool will never be counted as completed. */
function takeBack(pool: Piscina): void {
  given.set(pool, given.get(pool)! - 1);
}

/** `run(task, { signal })`, in version 4 also `runTask(task, transferList, filename, signal)`: refused when aborted before. */
function isAborted(args: readonly unknown[]): boolean {
  return args.slice(1).some((arg) => {
    const { aborted, signal } = (arg ?? {}) as { aborted?: unknown; signal?: { aborted?: unknown } | null };
    return aborted === true || signal?.aborted === true;
  });
}

class Runs {
  readonly #pools: PoolEvents;
  readonly #hooks: Hooks;
  readonly #runs = new WeakMap<TaskInfo, Asking>();
  readonly #wrapped = new WeakSet<object>();
  /** Pools whose threads are seen to get tasks. */
  readonly #seen = new WeakSet<Piscina>();
  /** From `run` to the `push` or `postTask` of its task, which it calls at once. */
  readonly #asking = new HandOver<Asking>();

  constructor(pools: PoolEvents, hooks: Hooks) {
    this.#pools = pools;
    this.#hooks = hooks;
  }

  wrapPool(prototype: any): void {
    for (const method of ['run', 'runTask']) {
      if (typeof prototype[method] !== 'function') continue;
      this.#hooks.calls(prototype, method, {
        begin: (pool: Piscina) => (this.#asking.offered ? undefined : this.#begin(pool)),
        handOver: this.#asking,
        untaken: (asking, _pool, args) => this.#unplaced(asking, isAborted(args)),
      });
    }
  }

  #begin(pool: Piscina): Asking | undefined {
    this.wrapLine(Object.getPrototypeOf(pool.options.taskQueue));
    const task = this.#pools.task(source, pool);
    given.set(pool, (given.get(pool) ?? pool.completed + pool.queueSize) + 1);
    return task && { pool, task };
  }

  /** `run` has returned, and no task was seen. */
  #unplaced({ pool, task }: Asking, aborted: boolean): void {
    const { queueSize, options } = pool;
    const isRefused = queueSize >= options.maxQueue && !aborted;
    // Where threads are not seen to get tasks, it may be with one.
    if (isRefused || aborted || this.#seen.has(pool)) takeBack(pool);
    if (!isRefused) return;
    task.failed(
      new Error(options.maxQueue === 0 ? 'No task queue available and all Workers are busy' : 'Task queue is at limit'),
    );
  }

  /** The class of a line of tasks. */
  wrapLine(prototype: any): void {
    if (this.#wrapped.has(prototype) || prototype === Object.prototype) return;
    this.#wrapped.add(prototype);
    this.#hooks.before(prototype, 'push', (_line, [info]) => {
      const asking = this.#asking.take();
      if (asking) this.#queued(info, asking);
    });
    this.#hooks.before(prototype, 'remove', (_line, [info]) => this.#removed(info));
  }

  /** It leaves the line because its caller aborted it. */
  #removed(info: TaskInfo): void {
    const run = this.#runs.get(info);
    if (!run || info.workerInfo) return;
    this.#runs.delete(info);
    takeBack(run.pool);
    run.task.failed({ code: 'AbortError', message: 'The task has been aborted' });
  }

  #queued(info: TaskInfo, asking: Asking): void {
    const { task } = asking;
    // With a thread to spare it waits for one to start.
    task.waits('connect');
    this.#runs.set(info, asking);
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
    this.#hooks.before(prototype, 'postTask', (_worker, [info]) => {
      const asking = this.#asking.take();
      if (!asking) return;
      this.#seen.add(asking.pool);
      this.#runs.set(info, asking);
      asking.task.started();
    });
  }

  wrapTaskInfo(prototype: any): void {
    if (this.#wrapped.has(prototype)) return;
    this.#wrapped.add(prototype);
    this.#hooks.before(prototype, 'done', (info: TaskInfo, [error]) => {
      const task = this.#runs.get(info)?.task;
      if (!info.workerInfo) task?.failed(error);
      else task?.finished();
    });
  }
}
