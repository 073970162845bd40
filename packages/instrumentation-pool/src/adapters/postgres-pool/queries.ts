import { Caller, guard, whenAssigned, type AnyFunction } from '@foreshock/kit';
import type { Acquisition, PoolEvents, PoolState } from '../../events.ts';
import { source, type Pool } from './pool.ts';

const PLACE = 'postgres pool';
const WAIT = Symbol('foreshock.wait');

/** postgres/src/query.js; what `sql.reserve` waits with lacks it. */
export interface Query {
  executed: boolean;
  /** Its connection works on it. */
  active: boolean;
  /** The connection's it was handed to, shared by its queries. */
  state: object | null;
  handler: AnyFunction;
  reject: AnyFunction;
  [WAIT]?: QueryWait;
}

/** Transactions and reserved connections have their own. */
const poolOfHandler = new WeakMap<AnyFunction, Pool>();
/** In its handler, of a still unknown pool, and its caller. */
let handled: { readonly query: Query; readonly caller: Caller } | undefined;
const asked: PoolState = { used: 0, idle: 0, pending: 0 };

/** Before `handle`, which calls `handler` in the next microtask, once: in its stack there is nothing of ours. */
export function observeQuery(query: Query, events: PoolEvents): void {
  queueMicrotask(() => guard(PLACE, () => beforeHandler(query, events)));
}

function beforeHandler(query: Query, events: PoolEvents): void {
  const pool = poolOfHandler.get(query.handler);
  if (pool) return ask(query, pool, events);
  const own = { query, caller: new Caller() };
  handled = own;
  queueMicrotask(() => {
    if (handled === own) handled = undefined;
  });
}

function ask(query: Query, pool: Pool, events: PoolEvents): void {
  source.count(pool, asked);
  if (asked.idle <= 0) wait(query, pool, events);
}

/** A connection has it: at once, without a wait. */
export function lendTo(query: Query, events: PoolEvents): void {
  const pool = poolOfHandler.get(query.handler);
  if (pool && query.active && query.state && !query[WAIT]) events.lent(source, pool, query.state);
}

/** Not to a transaction's connection. */
export function handedOver(query: Query, pool: Pool): void {
  if (handled?.query === query) poolOfHandler.set(query.handler, pool);
}

/** One is opened for it. */
export function connectingFor(query: Query, pool: Pool, events: PoolEvents): void {
  if (handled?.query === query) {
    poolOfHandler.set(query.handler, pool);
    source.count(pool, asked);
    // Counted already.
    asked.used--;
    // They open in no trace.
    handled.caller.run(wait, undefined, [query, pool, events]);
  }
  query[WAIT]?.connecting();
}

function wait(query: Query, pool: Pool, events: PoolEvents): void {
  const acquisition = events.acquire(source, pool, asked);
  if (!acquisition) return;
  const waiting = (query[WAIT] = new QueryWait(acquisition, pool));
  const { reject } = query;
  query.reject = (error: unknown) => {
    guard(PLACE, () => waiting.failed(error));
    return reject(error);
  };
  whenAssigned(query, 'active', PLACE, () => {
    const state = query.state!;
    // By its connection's previous query.
    events.released(pool, state);
    waiting.granted(state);
  });
}

class QueryWait {
  readonly #acquisition: Acquisition;
  readonly #pool: Pool;
  #isPending = true;

  constructor(acquisition: Acquisition, pool: Pool) {
    this.#acquisition = acquisition;
    this.#pool = pool;
    pool.pending++;
  }

  connecting(): void {
    this.#leave();
    this.#acquisition.connecting();
  }

  granted(state: object): void {
    this.#leave();
    this.#acquisition.granted(state);
  }

  failed(error: unknown): void {
    this.#leave();
    this.#acquisition.failed(error, (error as { code?: unknown } | undefined)?.code === 'CONNECT_TIMEOUT');
  }

  #leave(): void {
    if (this.#isPending) this.#pool.pending--;
    this.#isPending = false;
  }
}
