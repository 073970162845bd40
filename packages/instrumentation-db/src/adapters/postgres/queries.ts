import { answering, Caller, guard, whenAssigned, type AnyFunction } from '@foreshock/kit';
import type { DbEvents, Query } from '../../events.ts';
import { POSTGRESQL } from '../../sql-dialect.ts';
import { POSTGRESQL_ERRORS } from '../../postgresql-errors.ts';
import { noteTarget, type PostgresTarget } from './targets.ts';

const PLACE = 'postgres query';

export const TARGET = Symbol('foreshock.target');
const OBSERVED = Symbol('foreshock.query');

/** `Query` of postgres/src/query.js. */
export interface PostgresQuery {
  executed: boolean;
  /** Its connection works on it; false again once it has ended. */
  active: boolean;
  /** Its connection's. */
  state: object | null;
  /** With all fragments; `build` in postgres/src/connection.js. */
  string?: string;
  resolve: AnyFunction;
  reject: AnyFunction;
  forEachFn?: AnyFunction;
  cursorFn?: AnyFunction;
  /** Set by the connection, but for the library's own. */
  [TARGET]?: PostgresTarget;
  [OBSERVED]?: ObservedQuery;
}

/** postgres/src/result.js; one per statement. */
interface Result {
  count?: number | null;
  columns?: readonly unknown[] | null;
  /** A `COPY` stream is no end. */
  pipe?: unknown;
}

/** @returns whether to observe it, also again: cursors replace the functions for each batch */
export function isToObserve(query: PostgresQuery): boolean {
  const known = query[OBSERVED];
  return known ? known.resolve !== query.resolve : !query.executed;
}

/** After `handle`, which calls `handler` in a microtask. */
export function observeQuery(query: PostgresQuery, db: DbEvents): void {
  (query[OBSERVED] ??= new ObservedQuery(query, db)).watch();
}

/**
 * Queries are written behind others, which the server does in order: one begins when it becomes `active`, and ends by
 * `resolve` or `reject`.
 */
class ObservedQuery extends Caller {
  resolve: AnyFunction | undefined;
  readonly #query: PostgresQuery;
  readonly #db: DbEvents;
  #started: Query | undefined;

  constructor(query: PostgresQuery, db: DbEvents) {
    super();
    this.#query = query;
    this.#db = db;
    // Right after `handler`, which `handle` has queued: in its stack there is nothing of ours.
    queueMicrotask(() => guard(PLACE, () => this.#startWhenActive()));
  }

  watch(): void {
    const query = this.#query;
    const { resolve, reject, forEachFn, cursorFn } = query;
    query.resolve = this.resolve = (result: unknown) => {
      guard(PLACE, () => this.#resolved(result as Result | undefined));
      return resolve(result);
    };
    query.reject = (error: unknown) => {
      guard(PLACE, () => this.#rejected(error));
      return reject(error);
    };
    // Both run where rows arrive.
    if (forEachFn) query.forEachFn = answering(PLACE, this, forEachFn, () => {});
    if (cursorFn) query.cursorFn = answering(PLACE, this, cursorFn, () => {});
  }

  #startWhenActive(): void {
    const query = this.#query;
    if (this.#started) return;
    if (!query.active) whenAssigned(query, 'active', PLACE, () => this.#startWhenActive());
    // A connection's first query becomes active before it is built.
    else if (query.string === undefined) whenAssigned(query, 'string', PLACE, () => this.#start());
    else this.#start();
  }

  #start(): void {
    const { state, string: text, [TARGET]: target } = this.#query;
    if (!state || !target) return;
    noteTarget(state, target);
    const description = { ...target, text, dialect: POSTGRESQL, errors: POSTGRESQL_ERRORS };
    this.#started = this.run(this.#db.query, this.#db, [state, description]);
  }

  #resolved(result: Result | undefined): void {
    if (typeof result?.pipe === 'function') return;
    const isOne = result && 'columns' in result;
    this.#started?.succeeded((isOne && result.columns?.length ? result.count : undefined) ?? undefined);
  }

  #rejected(error: unknown): void {
    // It failed before its turn.
    if (!this.#started) this.#start();
    this.#started?.failed(error);
  }
}
