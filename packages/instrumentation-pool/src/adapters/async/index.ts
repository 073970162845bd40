import {
  bindOnce,
  followed,
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
import { inCallersContext, LIMITED_LOOPS } from './loops.ts';
import { runTask } from '../../run-task.ts';

interface Item {
  callback?: unknown;
}

/** Documented, except `_tasks` (async/internal/queue.js). */
interface Queue {
  concurrency: number;
  /** Per call of the worker. */
  payload?: number | null;
  paused: boolean;
  _tasks: { push: AnyFunction; unshift?: AnyFunction; insertBefore?: AnyFunction };
  length(): number;
  running(): number;
  /** Running, latest last. */
  workersList(): Item[];
  kill: AnyFunction;
  pause: AnyFunction;
  remove?: AnyFunction;
}

const MAKERS = ['queue', 'priorityQueue', 'cargo', 'cargoQueue'];
const METHODS = [...MAKERS, ...LIMITED_LOOPS];

/**
 * async 2 and 3: queues and cargos are closures. Worker and `_tasks` are observed; `workersList()` has items before the
 * worker runs.
 */
export const async: Adapter<PoolEvents> = {
  library: 'async',
  versions: '>=2.0.0 <4',
  upstream: [],
  shows: ['spans', 'wait', 'state', 'parent'],
  title: '`async` (`queue`, `priorityQueue`, `cargo`, `cargoQueue`)',
  summary: 'waits for a slot or the end of a pause, holders, killed tasks',
  attach(pools, hooks) {
    const replaced = (original: AnyFunction, method: string): AnyFunction =>
      replacementOf(original, pools, hooks, (fn, attachment) => {
        const replace = MAKERS.includes(method) ? observedMaker : inCallersContext;
        return replace(fn, method, attachment);
      });
    for (const bundle of ['async/dist/async.js', 'async/index.js']) {
      hooks.onLoad(bundle, ({ exports }) => {
        for (const owner of new Set([exports, exports.default])) {
          if (!owner) continue;
          for (const method of METHODS) {
            if (typeof owner[method] === 'function') {
              owner[method] = replaced(owner[method], method);
            }
          }
        }
      });
    }
    for (const method of METHODS) {
      hooks.onLoad(`async/${method}.js`, ({ exports, replaceExports }) => {
        if (typeof exports === 'function') replaceExports?.((original) => replaced(original, method));
      });
    }
  },
};

interface Made {
  readonly name: string;
  readonly tasks: WeakMap<Item, LimitedTask>;
  queue?: Queue;
}

function observedMaker(make: AnyFunction, method: string, attachment: Attachment<PoolEvents>): AnyFunction {
  const steps: MethodCalls<Made> = {
    begin(_self, args) {
      const [worker] = args;
      if (typeof worker !== 'function' || observedWorkers.has(worker)) return undefined;
      const made: Made = { name: nameOf(worker, method), tasks: new WeakMap() };
      args[0] = observedWorker(worker, () => begunBy(made));
      return made;
    },
    returned(made, queue: Queue) {
      made.queue = queue;
      observeQueue(queue, made.name, made.tasks, attachment);
    },
  };
  return observed(make, steps, 'async', attachment);
}

/** A cargo's gets several. */
function begunBy({ queue, tasks }: Made): LimitedTask[] {
  const running = queue?.workersList() ?? [];
  const begun: LimitedTask[] = [];
  for (let i = running.length - 1; i >= 0; i--) {
    const item = running[i]!;
    const task = tasks.get(item);
    if (!task) break;
    tasks.delete(item);
    begun.unshift(task);
  }
  return begun;
}

/** `priorityQueue` calls `queue`: no second wrap. */
const observedWorkers = new WeakSet<AnyFunction>();

function nameOf({ name }: AnyFunction, method: string): string {
  return name && name !== 'worker' ? name : `async.${method}`;
}

function observedWorker(worker: AnyFunction, begun: () => LimitedTask[]): AnyFunction {
  const isAsync = (worker as any)[Symbol.toStringTag] === 'AsyncFunction';
  // By hand: tasks run and end in their own ways.
  const replacement = function (this: unknown, ...args: unknown[]) {
    const tasks = guard('async', begun) ?? [];
    const [first] = tasks;
    if (!first) return worker.apply(this, args);
    const others = tasks.slice(1);
    for (const task of others) guard('async', () => task.started());
    if (isAsync) {
      const result = runTask(first, worker, this, args) as Promise<unknown>;
      const finishOthers = (): void => others.forEach((task) => guard('async', () => task.finished()));
      if (others.length > 0) result.then(finishOthers, finishOthers);
      return result;
    }
    guard('async', () => first.started());
    const finished = (): void => tasks.forEach((task) => guard('async', () => task.finished()));
    args[args.length - 1] = preceded(args.at(-1) as AnyFunction, finished, 'async');
    return first.run(worker, this, args);
  };
  // `wrapAsync` needs this tag.
  if (isAsync) Object.defineProperty(replacement, Symbol.toStringTag, { value: 'AsyncFunction' });
  observedWorkers.add(replacement);
  return replacement;
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
    // Free workers serve waiting items first.
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
    const adding = (_tasks: unknown, args: unknown[]): void => {
      const task = attachment.events.task(source, queue, ask());
      if (!task) return;
      const item = args.at(-1) as Item;
      tasks.set(item, task);
      if (typeof item.callback === 'function') item.callback = bindOnce(item.callback as AnyFunction);
      if (queue.paused) task.waits('paused');
    };
    queue._tasks[method] = preceded(original, adding, 'async push', attachment);
  };
  wrapEntry('push');
  wrapEntry('unshift');
  // async 2.
  wrapEntry('insertBefore');
  const killed = (): void => attachment.events.cleared(queue, new Error('the queue was killed'));
  replaceOn(queue, 'kill', (kill) => preceded(kill, killed, 'async kill', attachment));
  const paused = (): void => attachment.events.paused(queue);
  replaceOn(queue, 'pause', (pause) => preceded(pause, paused, 'async pause', attachment));
  if (!queue.remove) return;
  const tested = (removed: unknown, _self: unknown, [item]: [Item]): void => {
    if (removed) tasks.get(item)?.failed(new Error('removed'));
  };
  const removing = (_queue: unknown, args: unknown[]): void => {
    args[0] = followed(args[0] as AnyFunction, tested, 'async remove');
  };
  replaceOn(queue as Required<Queue>, 'remove', (remove) => preceded(remove, removing, 'async remove'));
}
