import {
  guard,
  preceded,
  replacementOf,
  report,
  type Adapter,
  type AnyFunction,
  type Attachment,
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

/**
 * fastq 1. A queue is a plain object of closures, so its methods are wrapped on the object. The order identifies the
 * worker's task: `push` appends, `unshift` prepends, the worker gets the first (queue.js).
 */
export const fastq: Adapter<PoolEvents> = {
  library: 'fastq',
  versions: '>=1.6.0 <2',
  upstream: [],
  shows: ['spans', 'wait', 'state', 'parent'],
  title: '`fastq` (callback, promise)',
  summary: 'waits for a slot or the end of a pause, holders, killed tasks',
  attach(pools, hooks) {
    hooks.onLoad('fastq/queue.js', ({ exports: make, replaceExports }) => {
      const replacement: any = replacementOf(make, pools, hooks, (original, attachment) =>
        observedMaker(original, false, attachment),
      );
      if (make.promise) {
        replacement.promise = replacementOf(make.promise, pools, hooks, (original, attachment) =>
          observedMaker(original, true, attachment),
        );
      }
      replaceExports?.(replacement);
    });
  },
};

function observedMaker(make: AnyFunction, byPromise: boolean, attachment: Attachment<PoolEvents>): AnyFunction {
  return function (this: unknown, ...args: unknown[]) {
    const at = typeof args[0] === 'function' ? 0 : 1;
    const worker = args[at];
    if (!attachment.active || typeof worker !== 'function') return make.apply(this, args);
    const observed = new ObservedQueue(worker as AnyFunction, byPromise, attachment);
    args[at] = observed.worker;
    const queue = make.apply(this, args) as Queue;
    guard('fastq', () => observed.observe(queue));
    return queue;
  };
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
    const observed = this;
    this.worker = function (this: unknown, ...args: unknown[]) {
      const task = observed.#next();
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
      const original = queue[method];
      if (!original) continue;
      queue[method] = (...args: unknown[]) => {
        this.#head = this.#tail = undefined;
        this.#length = 0;
        guard('fastq', () => this.#attachment.events.cleared(queue, new Error('abort')));
        return original.apply(queue, args);
      };
    }
    const attachment = this.#attachment;
    queue.pause = preceded(queue.pause, () => attachment.events.paused(queue), 'fastq pause', attachment);
  }

  #wrapAdding(queue: Queue, method: 'push' | 'unshift', enter: (entry: Entry) => void): void {
    const original = queue[method];
    queue[method] = (...args: unknown[]) => {
      const entry: Entry = { task: undefined, next: undefined };
      try {
        if (this.#attachment.active) entry.task = this.#attachment.events.task(this.#source, queue);
      } catch (error) {
        report('fastq', error);
      }
      // As in `push` and `unshift`.
      if (queue.running() < queue.concurrency && !queue.paused) this.#entering = entry;
      else {
        enter(entry);
        this.#length++;
        if (queue.paused) guard('fastq', () => entry.task?.waits('paused'));
      }
      return original.apply(queue, args);
    };
  }
}

/** The worker's callback starts the next task, which needs its own caller's context. */
function runWithCallback(task: LimitedTask, worker: AnyFunction, self: unknown, args: unknown[]): unknown {
  guard('fastq', () => task.started());
  const done = args[1] as AnyFunction;
  args[1] = function (this: unknown, ...results: unknown[]) {
    guard('fastq', () => task.finished());
    return task.run(done, this, results);
  };
  return task.run(worker, self, args);
}
