import { Caller, guard, HandOver, whenAssigned, type AnyFunction } from '@foreshock/kit';
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
/** A query in its handler, of a still unknown pool, and its caller. */
const unknown = new HandOver<{ query: Query; caller: Caller }>();
const asked: PoolState = { used: 0, idle: 0, pending: 0 };

/** Before `handle`, which calls `handler` in a microtask, once. */
export function observeQuery(query: Query, events: PoolEvents): void {
  const { handler } = query;
  query.handler = (...args: unknown[]) => {
    query.handler = handler;
    const pool = poolOfHandler.get(handler);
    const offer = pool ? undefined : { query, caller: new Caller() };
    const outer = offer && unknown.offer(offer);
    if (pool) guard(PLACE, () => ask(query, pool, events));
    try {
      return Reflect.apply(handler, query, args);
    } finally {
      if (offer) unknown.end(offer, outer);
      guard(PLACE, () => lendTo(query, handler, events));
    }
  };
}

function ask(query: Query, pool: Pool, events: PoolEvents): void {
  source.count(pool, asked);
  if (asked.idle <= 0) wait(query, pool, events);
}

function lendTo(query: Query, handler: AnyFunction, events: PoolEvents): void {
  const pool = poolOfHandler.get(handler);
  if (pool && query.active && query.state && !query[WAIT]) events.lent(source, pool, query.state);
}

/** Not to a transaction's connection. */
export function handedOver(query: Query, pool: Pool): void {
  if (unknown.offered?.query === query) poolOfHandler.set(query.handler, pool);
}

/** One is opened for it. */
export function connectingFor(query: Query, pool: Pool, events: PoolEvents): void {
  const { offered } = unknown;
  if (offered?.query === query) {
    poolOfHandler.set(query.handler, pool);
    source.count(pool, asked);
    // Counted already.
    asked.used--;
    // They open in no trace.
    offered.caller.run(wait, undefined, [query, pool, events]);
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
