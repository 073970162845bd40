import {
  bindOnce,
  guard,
  preceded,
  replacementOf,
  report,
  type Adapter,
  type AnyFunction,
  type Attachment,
} from '@foreshock/kit';
import type { LimitedTask, PoolEvents, PoolSource, PoolState } from '../../events.ts';
import { inCallersContext, LIMITED_LOOPS } from './loops.ts';
import { runTask } from '../../run-task.ts';

interface Item {
  callback?: unknown;
}

/** Documented, except `_tasks` (async/internal/queue.js). */
interface Queue {
  concurrency: number;
  /** Most items per call of the worker. */
  payload?: number | null;
  paused: boolean;
  _tasks: { push: AnyFunction; unshift?: AnyFunction; insertBefore?: AnyFunction };
  length(): number;
  running(): number;
  /** Running items, the latest last. */
  workersList(): Item[];
  kill: AnyFunction;
  pause: AnyFunction;
  remove?: AnyFunction;
}

const MAKERS = ['queue', 'priorityQueue', 'cargo', 'cargoQueue'];
const METHODS = [...MAKERS, ...LIMITED_LOOPS];

/**
 * async 2 and 3: `queue`, `priorityQueue`, `cargo` and `cargoQueue` return closures. The worker and insertions into
 * `_tasks` are observed. `workersList()` has items before their worker is called.
 */
export const async: Adapter<PoolEvents> = {
  library: 'async',
  versions: '>=2.0.0 <4',
  upstream: [],
  shows: ['spans', 'wait', 'state', 'parent'],
  title: '`async` (`queue`, `priorityQueue`, `cargo`, `cargoQueue`)',
  summary: 'waits for a slot or the end of a pause, holders, killed tasks',
  attach(pools, hooks) {
    const observed = (original: AnyFunction, method: string): AnyFunction =>
      replacementOf(original, pools, hooks, (replaced, attachment) => {
        const replace = MAKERS.includes(method) ? observedMaker : inCallersContext;
        return replace(replaced, method, attachment);
      });
    for (const bundle of ['async/dist/async.js', 'async/index.js']) {
      hooks.onLoad(bundle, ({ exports }) => {
        for (const owner of new Set([exports, exports.default])) {
          if (!owner) continue;
          for (const method of METHODS) {
            if (typeof owner[method] === 'function') {
              owner[method] = observed(owner[method], method);
            }
          }
        }
      });
    }
    for (const method of METHODS) {
      hooks.onLoad(`async/${method}.js`, ({ exports, replaceExports }) => {
        if (typeof exports === 'function') replaceExports?.(observed(exports, method));
      });
    }
  },
};

function observedMaker(make: AnyFunction, method: string, attachment: Attachment<PoolEvents>): AnyFunction {
  return function (this: unknown, ...args: unknown[]) {
    const [worker] = args;
    if (!attachment.active || typeof worker !== 'function' || OBSERVED in worker) return make.apply(this, args);
    const tasks = new WeakMap<Item, LimitedTask>();
    let queue: Queue | undefined;
    args[0] = observedWorker(worker as AnyFunction, () => {
      const running = queue?.workersList() ?? [];
      // A cargo's worker gets several items.
      const begun: LimitedTask[] = [];
      for (let i = running.length - 1; i >= 0; i--) {
        const item = running[i]!;
        const task = tasks.get(item);
        if (!task) break;
        tasks.delete(item);
        begun.unshift(task);
      }
      return begun;
    });
    queue = make.apply(this, args) as Queue;
    guard('async', () => observeQueue(queue!, nameOf(worker as AnyFunction, method), tasks, attachment));
    return queue;
  };
}

/** `priorityQueue` calls `queue`, which must not wrap again. */
const OBSERVED = Symbol('foreshock.observed');

function nameOf({ name }: AnyFunction, method: string): string {
  return name && name !== 'worker' ? name : `async.${method}`;
}

function observedWorker(worker: AnyFunction, begun: () => LimitedTask[]): AnyFunction {
  const isAsync = (worker as any)[Symbol.toStringTag] === 'AsyncFunction';
  const replacement = function (this: unknown, ...args: unknown[]) {
    const tasks = guard('async', begun) ?? [];
    const [first] = tasks;
    if (!first) return worker.apply(this, args);
    for (const task of tasks.slice(1)) guard('async', () => task.started());
    const finishOthers = (): void => tasks.slice(1).forEach((task) => guard('async', () => task.finished()));
    if (isAsync) {
      const result = runTask(first, worker, this, args) as Promise<unknown>;
      if (tasks.length > 1) result.then(finishOthers, finishOthers);
      return result;
    }
    guard('async', () => first.started());
    const done = args.at(-1) as AnyFunction;
    args[args.length - 1] = function (this: unknown, ...results: unknown[]) {
      guard('async', () => first.finished());
      finishOthers();
      return done.apply(this, results);
    };
    return first.run(worker, this, args);
  };
  // `wrapAsync` detects async functions by this tag.
  if (isAsync) Object.defineProperty(replacement, Symbol.toStringTag, { value: 'AsyncFunction' });
  return Object.defineProperty(replacement, OBSERVED, { value: true });
}

function observeQueue(
  queue: Queue,
  name: string,
  tasks: WeakMap<Item, LimitedTask>,
  attachment: Attachment<PoolEvents>,
): void {
  const source: PoolSource = {
    ofTasks: true,
    describe: () => ({ name }),
    count(pool: object, state: PoolState): void {
      const counted = pool as Queue;
      state.limit = counted.concurrency;
      state.used = counted.running();
      state.idle = Math.max(0, state.limit - state.used);
      state.pending = counted.length();
    },
    isEnded: () => false,
  };
  const asked: PoolState = { used: 0, idle: 0, pending: 0 };
  const ask = (): PoolState => {
    source.count(queue, asked);
    if (asked.idle === 0) return asked;
    const places = asked.idle * (queue.payload ?? Infinity);
    // A free worker takes waiting items first.
    if (asked.pending < places) asked.pending = 0;
    else {
      asked.pending -= places;
      asked.used += asked.idle;
      asked.idle = 0;
    }
    return asked;
  };
  const wrapEntry = (method: 'push' | 'unshift' | 'insertBefore'): void => {
    const original = queue._tasks[method];
    if (typeof original !== 'function') return;
    queue._tasks[method] = function (this: unknown, ...args: unknown[]) {
      try {
        const task = attachment.active ? attachment.events.task(source, queue, ask()) : undefined;
        if (task) {
          const item = args.at(-1) as Item;
          tasks.set(item, task);
          if (typeof item.callback === 'function') item.callback = bindOnce(item.callback as AnyFunction);
          if (queue.paused) task.waits('paused');
        }
      } catch (error) {
        report('async push', error);
      }
      return original.apply(this, args);
    };
  };
  wrapEntry('push');
  wrapEntry('unshift');
  // async 2.
  wrapEntry('insertBefore');
  const { remove } = queue;
  const killed = (): void => attachment.events.cleared(queue, new Error('the queue was killed'));
  queue.kill = preceded(queue.kill, killed, 'async kill', attachment);
  queue.pause = preceded(queue.pause, () => attachment.events.paused(queue), 'async pause', attachment);
  if (!remove) return;
  queue.remove = function (this: unknown, ...args: unknown[]) {
    const [test] = args as [AnyFunction];
    args[0] = (item: Item) => {
      const removed = test(item);
      if (removed) guard('async remove', () => tasks.get(item)?.failed(new Error('removed')));
      return removed;
    };
    return remove.apply(this, args);
  };
}
