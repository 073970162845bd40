import { guard, HandOver, type Adapter, type Hooks } from '@foreshock/kit';
import type { LimitedTask, PoolEvents } from '../../events.ts';
import { GivenTasks, type Piscina } from './given-tasks.ts';
import { continueTraces, TaskTraces } from './threads.ts';

/** An AsyncResource with the caller's context. */
interface TaskInfo {
  /** Its thread. */
  workerInfo: unknown;
}

interface Asking {
  pool: Piscina;
  task: LimitedTask;
}

/**
 * piscina 4 and 5. `run` makes a `TaskInfo`, for a thread (`postTask`) or the queue (`push`). Before 4.6 the first
 * queued task reveals these classes.
 */
export const piscina: Adapter<PoolEvents> = {
  library: 'piscina',
  versions: '>=4.0.0 <6',
  upstream: [],
  shows: ['spans', 'wait', 'state', 'parent'],
  summary: 'waits for a thread, holders, aborted tasks; what a task does in its thread',
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
    for (const file of ['piscina/dist/src/worker.js', 'piscina/dist/worker.js']) {
      hooks.onLoad(file, () => continueTraces(pools, hooks));
    }
  },
};

/** `run(task, { signal })`; in 4 also `runTask(task, transferList, filename, signal)`. */
function isAborted(args: readonly unknown[]): boolean {
  return args.slice(1).some((arg) => {
    const { aborted, signal } = (arg ?? {}) as { aborted?: unknown; signal?: { aborted?: unknown } | null };
    return aborted === true || signal?.aborted === true;
  });
}

class Runs {
  readonly #pools: PoolEvents;
  readonly #hooks: Hooks;
  readonly #given = new GivenTasks();
  readonly #runs = new WeakMap<TaskInfo, Asking>();
  readonly #wrapped = new WeakSet<object>();
  /** Their `postTask` is observed. */
  readonly #seen = new WeakSet<Piscina>();
  /** `run` calls `push` or `postTask` synchronously. */
  readonly #asking = new HandOver<Asking>();
  readonly #traces: TaskTraces;

  constructor(pools: PoolEvents, hooks: Hooks) {
    this.#pools = pools;
    this.#hooks = hooks;
    this.#traces = new TaskTraces(pools, hooks);
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
    const task = this.#pools.task(this.#given, pool);
    this.#given.add(pool);
    return task && { pool, task };
  }

  #unplaced({ pool, task }: Asking, aborted: boolean): void {
    const { queueSize, options } = pool;
    const isRefused = queueSize >= options.maxQueue && !aborted;
    // Perhaps with an unobserved thread.
    if (isRefused || aborted || this.#seen.has(pool)) this.#given.takeBack(pool);
    if (!isRefused) return;
    task.failed(
      new Error(options.maxQueue === 0 ? 'No task queue available and all Workers are busy' : 'Task queue is at limit'),
    );
  }

  wrapLine(prototype: any): void {
    if (this.#wrapped.has(prototype) || prototype === Object.prototype) return;
    this.#wrapped.add(prototype);
    this.#hooks.before(prototype, 'push', (_line, [info]) => {
      const asking = this.#asking.take();
      if (asking) this.#queued(info, asking);
    });
    this.#hooks.before(prototype, 'remove', (_line, [info]) => this.#removed(info));
  }

  /** The caller aborted it. */
  #removed(info: TaskInfo): void {
    const run = this.#runs.get(info);
    if (!run || info.workerInfo) return;
    this.#runs.delete(info);
    this.#given.takeBack(run.pool);
    run.task.failed({ code: 'AbortError', message: 'The task has been aborted' });
  }

  #queued(info: TaskInfo, asking: Asking): void {
    const { task } = asking;
    // A thread is starting.
    task.waits('connect');
    this.#runs.set(info, asking);
    this.wrapTaskInfo(Object.getPrototypeOf(info));
    let { workerInfo } = info;
    Object.defineProperty(info, 'workerInfo', {
      configurable: true,
      enumerable: true,
      get: () => workerInfo,
      set: (value: unknown) => {
        workerInfo = value;
        if (!value) return;
        guard('piscina start', () => {
          task.started();
          this.wrapPosting(Object.getPrototypeOf(value));
        });
      },
    });
  }

  wrapPosting(prototype: any): void {
    if (this.#wrapped.has(prototype)) return;
    this.#wrapped.add(prototype);
    this.#hooks.before(prototype, 'postTask', (worker, [info]) => {
      const asking = this.#asking.take();
      this.#traces.posting(worker, (asking ?? this.#runs.get(info))?.task);
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
