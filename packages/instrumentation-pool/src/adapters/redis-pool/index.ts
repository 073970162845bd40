import { guard, whenSettled, type Adapter, type Hooks } from '@foreshock/kit';
import type { Acquisition, PoolDescription, PoolEvents, PoolSource, PoolState } from '../../events.ts';

/** `@redis/client/dist/lib/client/pool.js`. */
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

interface Waiting {
  acquisition: Acquisition;
  /** If the caller leaves unserved, opening failed. */
  opens: boolean;
}

/** `RedisClientPool.#DEFAULTS.maximum`. */
const DEFAULT_MAXIMUM = 100;

/**
 * node-redis 5 and 6: `execute(fn)` may call `fn` where another returned a client. Unserved callers leave by `remove`.
 */
export const redisPool: Adapter<PoolEvents> = {
  library: 'redis',
  // @redis/client: 1 is redis 4, poolless.
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

  hooks.after(PoolClass, 'create', (pool: Pool, _class, [client, options]) =>
    descriptions.set(pool._self ?? pool, describe(client, options)),
  );

  hooks.before(PoolClass.prototype, 'execute', (client: Pool, args: [Task, ...unknown[]]) => {
    const pool = client._self ?? client;
    const description = descriptions.get(pool);
    if (!description) return;
    const acquisition = pool.idleClients > 0 ? undefined : pools.acquire(source, pool);
    const opens = opensClient(pool, description.limit!);
    if (opens) acquisition?.connecting();
    const [fn] = args;
    const task: Task = (client) => {
      const connection = client._self ?? client;
      waiting.delete(task);
      if (acquisition) guard('redis pool', () => acquisition.granted(connection));
      else guard('redis pool', () => pools.lent(source, pool, connection));
      const released = (): void => pools.released(pool, connection);
      let result;
      try {
        result = acquisition ? acquisition.run(fn, undefined, [client]) : fn(client);
      } catch (error) {
        guard('redis pool', released);
        throw error;
      }
      // It handles rejections (`#executeTask`).
      if (result instanceof Promise) whenSettled(result, released, released);
      else guard('redis pool', released);
      return result;
    };
    if (acquisition) waiting.set(task, { acquisition, opens });
    args[0] = task;
  });
}

function opensClient(pool: Pool, limit: number): boolean {
  return pool.idleClients === 0 && pool.clientsInUse + pool.idleClients < limit;
}

function wrapLine(exports: any, waiting: WeakMap<Task, Waiting>, hooks: Hooks): void {
  // Up to 5.x the first.
  for (const List of [exports.SinglyLinkedList, exports.DoublyLinkedList]) {
    hooks.before(List.prototype, 'remove', (_line, [node]: [{ value?: { fn?: Task } } | undefined]) => {
      const task = node?.value?.fn;
      const left = task && waiting.get(task);
      if (!left) return;
      waiting.delete(task);
      // Below the limit, opening failed; otherwise it timed out.
      left.acquisition.failed(undefined, !left.opens);
    });
  }
}

/** Only a pool's clients parse the URL. */
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
