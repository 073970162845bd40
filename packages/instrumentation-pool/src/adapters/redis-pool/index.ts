import { guard, type Adapter, type Hooks } from '@foreshock/kit';
import type { Acquisition, PoolDescription, PoolEvents, PoolSource, PoolState } from '../../events.ts';

/** `@redis/client/dist/lib/client/pool.js`, as far as it is read here. */
interface Pool {
  _self?: Pool;
  idleClients: number;
  clientsInUse: number;
  tasksQueueLength: number;
  isClosing?: boolean;
}

interface ClientOptions {
  url?: string;
  socket?: { host?: string; port?: number; path?: string };
  database?: number;
}

type Client = object & { _self?: object };
type Task = (client: Client) => unknown;

/** A caller in line. */
interface Waiting {
  acquisition: Acquisition;
  /** A client is being opened for it: if it leaves the line unserved, that has failed. */
  opens: boolean;
}

/** `RedisClientPool.#DEFAULTS.maximum`. */
const DEFAULT_MAXIMUM = 100;

/**
 * The client pool of node-redis 5 and 6: `execute(fn)` calls `fn` with a client, at once or when somebody else gives
 * one back, and then where that somebody was. A caller who waits leaves the line unserved through `remove`.
 */
export const redisPool: Adapter<PoolEvents> = {
  library: 'redis',
  // Of @redis/client: 1 is redis 4, which has no such pool.
  versions: '>=1.0.0 <7',
  libraryVersions: '>=5.0.0 <7',
  upstream: ['@opentelemetry/instrumentation-redis', '@opentelemetry/instrumentation-redis-4'],
  shows: ['wait', 'state'],
  title: '`redis` (client pool)',
  summary: 'waits, holders, time-outs, leaks of its client pool',
  attach(pools, hooks) {
    const waiting = new WeakMap<Task, Waiting>();
    hooks.onLoad('@redis/client/dist/lib/client/pool.js', ({ exports }) =>
      wrapPool(exports.RedisClientPool, waiting, pools, hooks),
    );
    hooks.onLoad('@redis/client/dist/lib/client/linked-list.js', ({ exports, version }) => {
      if (!version.startsWith('1.')) wrapLine(exports, waiting, hooks);
    });
  },
};

function wrapPool(
  PoolClass: { prototype: any; create: any },
  waiting: WeakMap<Task, Waiting>,
  pools: PoolEvents,
  hooks: Hooks,
): void {
  const descriptions = new WeakMap<object, PoolDescription>();
  const source: PoolSource = {
    describe: (pool) => descriptions.get(pool)!,
    count(pool: object, state: PoolState): void {
      const { clientsInUse, idleClients, tasksQueueLength } = pool as Pool;
      state.used = clientsInUse;
      state.idle = idleClients;
      state.pending = tasksQueueLength;
    },
    isEnded: (pool) => (pool as Pool).isClosing === true,
  };

  hooks.wrap(PoolClass, 'create', (original) => {
    return function (this: unknown, ...args: [ClientOptions | undefined, { maximum?: number } | undefined]) {
      const pool = original.apply(this, args) as Pool;
      guard('redis pool', () => descriptions.set(pool._self ?? pool, describe(...args)));
      return pool;
    };
  });

  hooks.wrap(PoolClass.prototype, 'execute', (original) => {
    return function (this: Pool, ...args: [Task, ...unknown[]]) {
      const pool = this._self ?? this;
      const description = descriptions.get(pool);
      if (!hooks.active || !description) return original.apply(this, args);
      const acquisition = pool.idleClients > 0 ? undefined : guard('redis pool', () => pools.acquire(source, pool));
      const opens = guard('redis pool', () => opensClient(pool, description.limit!)) === true;
      if (opens) guard('redis pool', () => acquisition?.connecting());
      const [fn, ...rest] = args;
      const task: Task = (client) => {
        const connection = client._self ?? client;
        waiting.delete(task);
        if (acquisition) guard('redis pool', () => acquisition.granted(connection));
        else guard('redis pool', () => pools.lent(source, pool, connection));
        const released = (): void => void guard('redis pool', () => pools.released(pool, connection));
        let result;
        try {
          result = acquisition ? acquisition.resume(fn, undefined, [client]) : fn(client);
        } catch (error) {
          released();
          throw error;
        }
        // The pool itself has handlers on it (`#executeTask`).
        if (result instanceof Promise) result.then(released, released);
        else released();
        return result;
      };
      if (acquisition) waiting.set(task, { acquisition, opens });
      return original.call(this, task, ...rest);
    };
  });
}

/** With room left the pool opens one more connection for this caller. */
function opensClient(pool: Pool, limit: number): boolean {
  return pool.idleClients === 0 && pool.clientsInUse + pool.idleClients < limit;
}

function wrapLine(exports: any, waiting: WeakMap<Task, Waiting>, hooks: Hooks): void {
  // The line of waiting callers is of the one kind up to 5.x, of the other since.
  for (const List of [exports.SinglyLinkedList, exports.DoublyLinkedList]) {
    hooks.wrap(List.prototype, 'remove', (original) => {
      return function (this: unknown, ...args: [{ value?: { fn?: Task } } | undefined, ...unknown[]]) {
        const task = args[0]?.value?.fn;
        const left = task && waiting.get(task);
        if (left) {
          waiting.delete(task);
          // A pool that could open one more failed to; a full one ran out of time.
          guard('redis pool', () => left.acquisition.failed(undefined, !left.opens));
        }
        return original.apply(this, args);
      };
    });
  }
}

/** `host:port/database`: the pool's own options, its clients read the URL each for itself. */
function describe(client: ClientOptions = {}, options: { maximum?: number } = {}): PoolDescription {
  const { url, socket, database = 0 } = client;
  const limit = options.maximum ?? DEFAULT_MAXIMUM;
  const named = (address: string, db: string | number): PoolDescription => ({
    system: 'redis',
    name: `${address}/${db}`,
    limit,
  });
  if (socket?.path) return named(socket.path, database);
  if (socket?.host === undefined && url !== undefined && URL.canParse(url)) {
    const { hostname, port, pathname } = new URL(url);
    const host = hostname || (socket?.host ?? 'localhost');
    return named(`${host}:${port || (socket?.port ?? 6379)}`, pathname.slice(1) || database);
  }
  return named(`${socket?.host ?? 'localhost'}:${socket?.port ?? 6379}`, database);
}
