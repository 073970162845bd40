import { answering, targetOf, type Adapter, type Hooks } from '@foreshock/kit';
import type { Acquisition, PoolDescription, PoolEvents, PoolSource, PoolState } from '../../events.ts';

/** `mysql2/lib/base/pool.js` (`lib/pool.js` before 3.11.5). */
interface Pool {
  config: {
    connectionLimit: number;
    connectionConfig: { host?: string; port?: number; database?: string; socketPath?: string };
  };
  _allConnections: { length: number };
  _freeConnections: { length: number };
  _connectionQueue: { length: number };
  _closed: boolean;
  query(text: string, callback: (error: unknown) => void): void;
}

type Callback = (this: unknown, ...args: any[]) => unknown;

const source: PoolSource = {
  describe(pool: object): PoolDescription {
    const { connectionConfig, connectionLimit } = (pool as Pool).config;
    return { ...targetOf('mysql', connectionConfig), limit: connectionLimit || undefined };
  },
  count(pool: object, state: PoolState): void {
    const { _allConnections, _freeConnections, _connectionQueue } = pool as Pool;
    state.used = _allConnections.length - _freeConnections.length;
    state.idle = _freeConnections.length;
    state.pending = _connectionQueue.length;
  },
  isEnded: (pool) => (pool as Pool)._closed,
  ask: (pool) =>
    new Promise<void>((resolve, reject) => {
      (pool as Pool).query('SELECT 1', (error) => (error ? reject(error as Error) : resolve()));
    }),
};

/** mysql2 3: callers use `getConnection`, also in clusters; connections return by `releaseConnection`. */
export const mysql2Pool: Adapter<PoolEvents> = {
  library: 'mysql2',
  versions: '>=3.0.0 <4',
  upstream: ['@opentelemetry/instrumentation-mysql2'],
  shows: ['wait', 'state'],
  title: '`mysql2` (pools)',
  summary: 'waits, holders, time-outs, leaks of its pools, also in a cluster',
  attach(pools, hooks) {
    // Methods moved to `base` in 3.11.5.
    for (const folder of ['mysql2/lib', 'mysql2/lib/base']) {
      hooks.onLoad(`${folder}/pool.js`, ({ exports: { prototype } }) => {
        if (Object.hasOwn(prototype, 'getConnection')) wrapPool(prototype, pools, hooks);
      });
    }
  },
};

/** Its number, as on queries; lib/packets/packet.js, `asError`. */
function serverError({ errno, sqlState }: { errno?: unknown; sqlState?: unknown }): string | undefined {
  return typeof errno === 'number' && sqlState !== undefined ? String(errno) : undefined;
}

/** Idle, else new, else queued. */
function opensConnection(pool: Pool): boolean {
  const { connectionLimit } = pool.config;
  const hasRoom = connectionLimit === 0 || pool._allConnections.length < connectionLimit;
  return pool._freeConnections.length === 0 && hasRoom;
}

function wrapPool(prototype: any, pools: PoolEvents, hooks: Hooks): void {
  /** `getConnection` runs again with a queued callback. */
  const waiting = new WeakMap<Callback, Acquisition>();

  hooks.before(prototype, 'getConnection', (pool: Pool, args: [Callback]) => {
    const [callback] = args;
    if (pool._closed || typeof callback !== 'function') return;
    const known = waiting.get(callback);
    const acquisition = known ?? pools.acquire(source, pool);
    if (!acquisition) return;
    if (opensConnection(pool)) acquisition.connecting();
    if (!known) args[0] = served(callback, acquisition);
  });

  function served(callback: Callback, acquisition: Acquisition): Callback {
    const answer = answering('mysql2 pool', acquisition, callback, ([error, connection]) => {
      if (error) acquisition.failed(error, error.code === 'ETIMEDOUT', serverError(error));
      else acquisition.granted(connection);
    });
    waiting.set(answer, acquisition);
    return answer;
  }

  hooks.before(prototype, 'releaseConnection', (pool, [connection]) => pools.released(pool, connection));
}
