import {
  answering,
  guard,
  observed,
  preceded,
  replacementOf,
  replaceOn,
  type Adapter,
  type AnyFunction,
  type Attachment,
  type MethodCalls,
} from '@foreshock/kit';
import type { LimitedTask, PoolEvents, PoolSource, PoolState } from '../../events.ts';
import { runTask } from '../../run-task.ts';

interface Queue {
  concurrency: number;
  paused: boolean;
  running(): number;
  push: AnyFunction;
  unshift: AnyFunction;
  pause: AnyFunction;
  kill: AnyFunction;
  killAndDrain: AnyFunction;
  abort?: AnyFunction;
}

interface Entry {
  task: LimitedTask | undefined;
  next: Entry | undefined;
}

/** fastq 1: queues are closures. `push` appends, `unshift` prepends, the worker gets the first (queue.js). */
export const fastq: Adapter<PoolEvents> = {
  library: 'fastq',
  versions: '>=1.6.0 <2',
  upstream: [],
  shows: ['spans', 'wait', 'state', 'parent'],
  title: '`fastq` (callback, promise)',
  summary: 'waits for a slot or the end of a pause, holders, killed tasks',
  attach(pools, hooks) {
    const replaced = (original: AnyFunction, byPromise: boolean): any =>
      replacementOf(original, pools, hooks, (make, attachment) => observedMaker(make, byPromise, attachment));
    hooks.onLoad('fastq/queue.js', ({ replaceExports }) => {
      replaceExports?.((make) => {
        const replacement = replaced(make, false);
        if (make.promise) replacement.promise = replaced(make.promise, true);
        return replacement;
      });
    });
  },
};

function observedMaker(make: AnyFunction, byPromise: boolean, attachment: Attachment<PoolEvents>): AnyFunction {
  const steps: MethodCalls<ObservedQueue> = {
    begin(_self, args) {
      const at = typeof args[0] === 'function' ? 0 : 1;
      const worker = args[at];
      if (typeof worker !== 'function') return undefined;
      const queue = new ObservedQueue(worker, byPromise, attachment);
      args[at] = queue.worker;
      return queue;
    },
    returned: (observing, queue: Queue) => observing.observe(queue),
  };
  return observed(make, steps, 'fastq', attachment);
}

class ObservedQueue {
  readonly worker: AnyFunction;
  readonly #attachment: Attachment<PoolEvents>;
  readonly #source: PoolSource;
  #head: Entry | undefined;
  #tail: Entry | undefined;
  #length = 0;
  /** The worker may be called before `push` returns. */
  #entering: Entry | undefined;

  constructor(worker: AnyFunction, byPromise: boolean, attachment: Attachment<PoolEvents>) {
    this.#attachment = attachment;
    const name = worker.name && worker.name !== 'worker' ? worker.name : 'fastq';
    this.#source = {
      ofTasks: true,
      describe: () => ({ name }),
      count: (pool: object, state: PoolState) => {
        const queue = pool as Queue;
        state.limit = queue.concurrency;
        state.used = queue.running();
        state.idle = Math.max(0, state.limit - state.used);
        state.pending = this.#length;
      },
      isEnded: () => false,
    };
    const tasks = this;
    // By hand: tasks run and end in their own ways.
    this.worker = function (this: unknown, ...args: unknown[]) {
      const task = tasks.#next();
      if (!task) return worker.apply(this, args);
      if (byPromise) return runTask(task, worker, this, args);
      return runWithCallback(task, worker, this, args);
    };
  }

  #next(): LimitedTask | undefined {
    const entering = this.#entering;
    this.#entering = undefined;
    if (entering) return entering.task;
    const first = this.#head;
    if (!first) return undefined;
    this.#head = first.next;
    if (!this.#head) this.#tail = undefined;
    this.#length--;
    return first.task;
  }

  observe(queue: Queue): void {
    this.#wrapAdding(queue, 'push', (entry) => {
      if (this.#tail) this.#tail.next = entry;
      else this.#head = entry;
      this.#tail = entry;
    });
    this.#wrapAdding(queue, 'unshift', (entry) => {
      entry.next = this.#head;
      this.#head = entry;
      this.#tail ??= entry;
    });
    for (const method of ['kill', 'killAndDrain', 'abort'] as const) {
      if (!queue[method]) continue;
      replaceOn(queue as Required<Queue>, method, (original) =>
        preceded(original, () => this.#cleared(queue), 'fastq'),
      );
    }
    const attachment = this.#attachment;
    const paused = (): void => attachment.events.paused(queue);
    replaceOn(queue, 'pause', (pause) => preceded(pause, paused, 'fastq pause', attachment));
  }

  #wrapAdding(queue: Queue, method: 'push' | 'unshift', enter: (entry: Entry) => void): void {
    const attachment = this.#attachment;
    const adding = (): void => {
      const task = attachment.active ? guard('fastq', () => attachment.events.task(this.#source, queue)) : undefined;
      const entry: Entry = { task, next: undefined };
      // As in `push` and `unshift`.
      if (queue.running() < queue.concurrency && !queue.paused) this.#entering = entry;
      else {
        enter(entry);
        this.#length++;
        if (queue.paused) task?.waits('paused');
      }
    };
    // Order is kept, even unreported.
    replaceOn(queue, method, (original) => preceded(original, adding, 'fastq'));
  }

  #cleared(queue: Queue): void {
    this.#head = this.#tail = undefined;
    this.#length = 0;
    this.#attachment.events.cleared(queue, new Error('abort'));
  }
}

/** The callback starts the next task, which needs its own caller's context. */
function runWithCallback(task: LimitedTask, worker: AnyFunction, self: unknown, args: unknown[]): unknown {
  guard('fastq', () => task.started());
  args[1] = answering('fastq', task, args[1] as AnyFunction, () => task.finished());
  return task.run(worker, self, args);
}
