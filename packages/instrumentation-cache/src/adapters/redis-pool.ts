import { guard, type Hooks } from '@foreshock/kit';
import type { Acquisition, CacheEvents, ClientPool } from '../events.ts';
import { serverOf, type Client, type ClientOptions, type Clients } from './redis-clients.ts';

/** `@redis/client/dist/lib/client/pool.js`, as far as it is read here. */
interface Pool {
  _self?: Pool;
  idleClients: number;
  clientsInUse: number;
  tasksQueueLength: number;
}

type Task = (client: Client) => unknown;

/** `RedisClientPool.#DEFAULTS.maximum`. */
const DEFAULT_MAXIMUM = 100;

/**
 * The client pool of node-redis 5 and 6: `execute(fn)` calls `fn` with a client, at once or when somebody else gives
 * one back, and then where that somebody was. A caller who waits leaves the line unserved through `remove`.
 */
export function wrapPool(
  PoolClass: { prototype: any; create: any },
  clients: Clients,
  cache: CacheEvents,
  hooks: Hooks,
): void {
  const pools = new WeakMap<object, ClientPool>();
  const waiting = new WeakMap<Task, Acquisition>();

  hooks.wrap(PoolClass, 'create', (original) => {
    return function (this: unknown, ...args: [ClientOptions | undefined, { maximum?: number } | undefined]) {
      const pool = original.apply(this, args) as Pool;
      if (hooks.active) guard('redis pool', () => pools.set(pool._self ?? pool, describe(pool, args[0], args[1])));
      return pool;
    };
  });

  hooks.wrap(PoolClass.prototype, 'execute', (original) => {
    return function (this: Pool, ...args: [Task, ...unknown[]]) {
      const pool = pools.get(this._self ?? this);
      if (!hooks.active || !pool) return original.apply(this, args);
      const acquisition = guard('redis pool', () => cache.acquire(pool));
      if (!acquisition) return original.apply(this, args);
      const [fn, ...rest] = args;
      const task: Task = (client) => {
        waiting.delete(task);
        guard('redis pool', () => acquisition.granted(clients.serverOf(client)));
        let result;
        try {
          result = acquisition.resume(fn, undefined, [client]);
        } catch (error) {
          guard('redis pool', () => acquisition.released());
          throw error;
        }
        const released = (): void => void guard('redis pool', () => acquisition.released());
        // The pool itself has handlers on it (`#executeTask`).
        if (result instanceof Promise) result.then(released, released);
        else released();
        return result;
      };
      waiting.set(task, acquisition);
      return original.call(this, task, ...rest);
    };
  });

  hooks.onLoad('@redis/client/dist/lib/client/linked-list.js', ({ exports }) => {
    // The line of waiting callers is of the one kind up to 5.x, of the other since.
    for (const List of [exports.SinglyLinkedList, exports.DoublyLinkedList]) {
      hooks.wrap(List.prototype, 'remove', (original) => {
        return function (this: unknown, ...args: [{ value?: { fn?: Task } } | undefined, ...unknown[]]) {
          const task = args[0]?.value?.fn;
          const acquisition = task && waiting.get(task);
          if (acquisition) {
            waiting.delete(task);
            guard('redis pool', () => acquisition.failed());
          }
          return original.apply(this, args);
        };
      });
    }
  });
}

function describe(
  pool: Pool,
  client: ClientOptions | undefined,
  options: { maximum?: number } | undefined,
): ClientPool {
  const self = pool._self ?? pool;
  const limit = options?.maximum ?? DEFAULT_MAXIMUM;
  return {
    server: serverOf(client),
    state: () => ({
      used: self.clientsInUse,
      idle: self.idleClients,
      pending: self.tasksQueueLength,
      limit,
    }),
  };
}
