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
  /** Of the connection it was handed to. */
  state: object | null;
  /** Its text, with all fragments; from `build` in postgres/src/connection.js. */
  string?: string;
  handler: AnyFunction;
  resolve: AnyFunction;
  reject: AnyFunction;
  forEachFn?: AnyFunction;
  cursorFn?: AnyFunction;
  /** Set by the connection; the library's own queries have none. */
  [TARGET]?: PostgresTarget;
  [OBSERVED]?: ObservedQuery;
}

/** `Result` of postgres/src/result.js; one for each of several statements. */
interface Result {
  count?: number | null;
  columns?: readonly unknown[] | null;
  /** A stream, of `COPY`, is no end. */
  pipe?: unknown;
}

/** @returns whether it has to be observed, or observed again: cursors replace the functions for each batch */
export function isToObserve(query: PostgresQuery): boolean {
  const known = query[OBSERVED];
  return known ? known.resolve !== query.resolve : !query.executed;
}

/** After `handle`, which calls `handler` in a microtask. The pool's adapter comes before. */
export function observeQuery(query: PostgresQuery, db: DbEvents): void {
  (query[OBSERVED] ??= new ObservedQuery(query, db)).watch();
}

/**
 * A query is written at once, also behind others of its connection, which the server does one after the other: it begins
 * when it becomes `active`. `resolve` and `reject` end it, however it was made.
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
    const { handler } = query;
    // Called once; errors read properties of it (`origin` in query.js).
    query.handler = (...args: unknown[]) => {
      query.handler = handler;
      const result: unknown = Reflect.apply(handler, query, args);
      guard(PLACE, () => this.#startWhenActive());
      return result;
    };
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
    // Both are called where the rows arrive.
    if (forEachFn) query.forEachFn = answering(PLACE, this, forEachFn, () => {});
    if (cursorFn) query.cursorFn = answering(PLACE, this, cursorFn, () => {});
  }

  #startWhenActive(): void {
    const query = this.#query;
    if (this.#started) return;
    if (!query.active) whenAssigned(query, 'active', PLACE, () => this.#startWhenActive());
    // The first query of a connection becomes active before it is built.
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
    // It was handed to a connection, and failed before its turn.
    if (!this.#started) this.#start();
    this.#started?.failed(error);
  }
}
