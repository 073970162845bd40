import type { MessagePort } from 'node:worker_threads';
import { basename } from 'node:path';
import { enter, guard, leave, preceded, type Hooks } from '@foreshock/kit';
import type { LimitedTask, PoolEvents, TaskCarrier, ThreadTask } from '../../events.ts';

/** In piscina's own message; its threads read only known keys. */
interface TaskMessage {
  taskId?: unknown;
  filename?: unknown;
  foreshock?: TaskCarrier | undefined;
}

export function poolName(filename: unknown): string {
  return typeof filename === 'string' ? basename(filename) : 'piscina';
}

/** Sends the caller's trace with a task. */
export class TaskTraces {
  readonly #pools: PoolEvents;
  readonly #hooks: Hooks;
  #posted: TaskCarrier | undefined;

  constructor(pools: PoolEvents, hooks: Hooks) {
    this.#pools = pools;
    this.#hooks = hooks;
  }

  /** Before `WorkerInfo.prototype.postTask`, which calls `port.postMessage` once. */
  posting({ port }: { port: MessagePort }, task: LimitedTask | undefined): void {
    this.#posted = task && this.#pools.carrierOf(task);
    // `hooks.before` would keep ended threads' ports.
    if (Object.hasOwn(port, 'postMessage')) return;
    const add = (_port: unknown, [message]: [TaskMessage]): void => {
      if (this.#posted) message.foreshock = this.#posted;
      this.#posted = undefined;
    };
    const value = preceded(port.postMessage, add as never, 'piscina postMessage', this.#hooks);
    Object.defineProperty(port, 'postMessage', { configurable: true, writable: true, value });
  }
}

/**
 * In a thread, each task runs in its caller's trace. `dist/worker.js` reads tasks by `receiveMessageOnPort`, or a
 * listener, `onMessage.bind(…)`.
 */
export function continueTraces(pools: PoolEvents, hooks: Hooks): void {
  const threads = process.getBuiltinModule('node:worker_threads');
  const running = new Map<unknown, ThreadTask>();
  let tasks: MessagePort | undefined;
  let left: ReturnType<typeof enter> | undefined;

  const taskOf = ({ taskId, foreshock, filename }: TaskMessage): ThreadTask => {
    const task = pools.threadTask(foreshock, poolName(filename));
    running.set(taskId, task);
    return task;
  };

  hooks.before(threads.MessagePort.prototype, 'on', (port: MessagePort, args) => {
    const [event, listener] = args;
    if (event !== 'message' || listener?.name !== 'bound onMessage') return;
    tasks = port;
    args[1] = (message: TaskMessage) => {
      const task = guard('piscina task', () => taskOf(message));
      return task ? task.run(listener, port, [message]) : listener(message);
    };
    hooks.before(port, 'postMessage', (_port, [{ taskId }]) => {
      running.get(taskId)?.ended();
      running.delete(taskId);
    });
  });

  // Until the next message is read: `onMessage`, called in between, is not exported.
  hooks.calls(threads, 'receiveMessageOnPort', {
    begin(_threads, [port]) {
      if (port !== tasks) return undefined;
      if (left !== undefined) leave(left);
      left = undefined;
      return tasks;
    },
    returned(_tasks, entry: { message: TaskMessage } | undefined) {
      if (entry) left = enter(taskOf(entry.message).context);
    },
  });
}
