import { guard, report, type Hooks } from '@foreshock/kit';
import type { Acquisition, DbEvents, PoolDescription, PoolSource, PoolState } from '../events.ts';
import type { Client } from './pg.ts';

const ACQUISITION = Symbol('foreshock.acquisition');
const FOR_PROMISE = Symbol('foreshock.for-promise');

/** An entry of pg-pool's line of waiting callers (`PendingItem`, pg-pool/index.js). */
interface PendingItem {
  callback: (error: unknown, client: unknown, release: unknown) => unknown;
  timedOut: boolean;
  [ACQUISITION]?: Acquisition | undefined;
  /** `Pool#query` made it, and gives its caller a promise. */
  [FOR_PROMISE]?: boolean;
}

interface Pool {
  options: {
    max?: number;
    min?: number;
    connectionTimeoutMillis?: number;
    host?: string;
    port?: number;
    database?: string;
  };
  _clients: Client[];
  _idle: unknown[];
  _pendingQueue: PendingItem[];
  ending: boolean;
  ended: boolean;
  listenerCount(event: string): number;
}

const pools: PoolSource = {
  describe(pool: object): PoolDescription {
    const { options, _clients } = pool as Pool;
    // A client has resolved connection strings and PG* variables; it exists by the time a caller waits.
    const client = _clients[0];
    return {
      system: 'postgresql',
      host: client?.host ?? options.host,
      port: client?.port ?? options.port,
      database: client?.database ?? options.database,
      limit: options.max,
      idleMin: options.min,
    };
  },
  state(pool: object): PoolState {
    const { _clients, _idle, _pendingQueue } = pool as Pool;
    return { used: _clients.length - _idle.length, idle: _idle.length, pending: _pendingQueue.length };
  },
  isEnded: (pool) => (pool as Pool).ended,
};

/** Whether it is the pool itself that is just being handed a client, for a query whose caller has a promise. */
let forPromise = false;

export function poolOwnsCallback(): boolean {
  return forPromise;
}

/**
 * pg-pool 3: `Pool.prototype.connect` puts a `PendingItem` in line or hands it to `newClient`; `_acquireClient` grants it.
 */
export function wrapPool(PoolClass: { prototype: any }, db: DbEvents, hooks: Hooks): void {
  /** The item of a caller for whom `connect` opens a client at once, until `connect` returns. */
  let opened: PendingItem | undefined;
  /** `Pool#query` is asking for a connection, and gives its caller a promise. */
  let asksForPromise = false;

  hooks.wrap(PoolClass.prototype, 'query', (original) => {
    return function (this: Pool, ...args: unknown[]) {
      asksForPromise = !args.some((argument) => typeof argument === 'function');
      try {
        return original.apply(this, args);
      } finally {
        asksForPromise = false;
      }
    };
  });

  hooks.wrap(PoolClass.prototype, 'connect', (original) => {
    return function (this: Pool, ...args: unknown[]) {
      if (!hooks.active || this.ending) return original.apply(this, args);
      let asked: PoolState | undefined;
      try {
        asked = pools.state(this);
      } catch (error) {
        report('pg pool', error);
      }
      opened = undefined;
      const result = original.apply(this, args);
      const fresh = opened;
      opened = undefined;
      try {
        const item = fresh ?? this._pendingQueue.at(-1);
        if (asked && item && !item[ACQUISITION]) watch(this, item, asked, asksForPromise, db);
      } catch (error) {
        report('pg pool', error);
      }
      return result;
    };
  });

  hooks.wrap(PoolClass.prototype, 'newClient', (original) => {
    return function (this: Pool, item: PendingItem) {
      if (!hooks.active) return original.call(this, item);
      const acquisition = item[ACQUISITION];
      if (acquisition) guard('pg pool', () => watchOpening(item, acquisition));
      else opened = item;
      return original.call(this, item);
    };
  });

  hooks.wrap(PoolClass.prototype, '_acquireClient', (original) => {
    return function (this: Pool, client: object, item: PendingItem, idleListener: unknown, isNew: unknown) {
      const acquisition = item[ACQUISITION];
      if (!acquisition || item.timedOut) return original.call(this, client, item, idleListener, isNew);
      item[ACQUISITION] = undefined;
      try {
        acquisition.granted(client);
      } catch (error) {
        report('pg pool', error);
      }
      // Nobody else runs in there: no `verify`, no listener of the application's.
      forPromise = item[FOR_PROMISE] === true && isNew === false && this.listenerCount('acquire') === 0;
      try {
        return acquisition.resume(original, this, [client, item, idleListener, isNew]);
      } finally {
        forPromise = false;
      }
    };
  });

  for (const method of ['_release', '_remove']) {
    hooks.wrap(PoolClass.prototype, method, (original) => {
      return function (this: Pool, client: object, ...rest: unknown[]) {
        try {
          db.released(this, client);
        } catch (error) {
          report('pg pool', error);
        }
        return original.call(this, client, ...rest);
      };
    });
  }
}

function watch(pool: Pool, item: PendingItem, asked: PoolState, asksForPromise: boolean, db: DbEvents): void {
  const acquisition = db.acquire(pools, pool, asked, asked.idle > asked.pending);
  if (!acquisition) return;
  if (item !== pool._pendingQueue.at(-1)) watchOpening(item, acquisition);
  else if (pool.options.connectionTimeoutMillis) watchTimeOut(item, acquisition);
  item[ACQUISITION] = acquisition;
  if (asksForPromise) item[FOR_PROMISE] = true;
}

/** A client is being opened for this caller: `newClient` reports failure through the item's callback alone. */
function watchOpening(item: PendingItem, acquisition: Acquisition): void {
  acquisition.connecting();
  const { callback } = item;
  item.callback = function (error, client, release) {
    if (error) guard('pg pool', () => acquisition.failed(error, isConnectTimeOut(error)));
    return acquisition.resume(callback, this, [error, client, release]);
  };
}

function isConnectTimeOut(error: unknown): boolean {
  return (error as { message?: unknown }).message === 'Connection terminated due to connection timeout';
}

/**
 * pg-pool finds an item that timed out by the identity of its callback, which therefore stays; the one trace
 * it leaves on the item is `timedOut = true`, just before it tells the caller.
 */
function watchTimeOut(item: PendingItem, acquisition: Acquisition): void {
  let timedOut = item.timedOut;
  Object.defineProperty(item, 'timedOut', {
    configurable: true,
    enumerable: true,
    get: () => timedOut,
    set(value: boolean) {
      timedOut = value;
      if (value) guard('pg pool', () => acquisition.failed(new Error('timeout exceeded when trying to connect'), true));
    },
  });
}
