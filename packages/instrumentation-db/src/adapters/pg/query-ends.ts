import { HandOver, report, type Hooks } from '@foreshock/kit';
import type { Query } from '../../events.ts';

/** On a query object, for a WeakMap of queries would cost the collector more than the rest of it all. */
const OBSERVED = Symbol('foreshock.query');

/** A `Query` of pg/lib/query.js, a `Cursor` of pg-cursor, a `QueryStream`: what `Client` hands messages to. */
export interface Submitted {
  text?: string;
  cursor?: { text?: string };
  name?: string;
  _result?: { rowCount?: number | null; fields?: readonly unknown[] };
  /** Of several statements at once there are several results. */
  _results?: unknown;
  handleReadyForQuery(connection: unknown): unknown;
  handleError(error: unknown, connection: unknown): unknown;
  [OBSERVED]?: Observed;
}

export interface Observed {
  query: Query;
  /** Somebody is called back at its end. */
  calledBack: boolean;
}

type End = 'handleReadyForQuery' | 'handleError';

/**
 * The two methods that tell a query its end. Those of pg's and pg-cursor's classes are on the prototype and are patched
 * there, once; `QueryStream` binds its own with each object (pg-query-stream/dist/index.js).
 */
export class QueryEnds {
  readonly #hooks: Hooks;
  readonly #prototypes = new WeakSet<object>();
  readonly #wrapped = new WeakSet<Function>();
  /**
   * From `Client#query` to `handleError` of a query whose parameters cannot be serialised: that is called in there
   * (`Query.prepare` in pg/lib/query.js), before the object is known to be the query.
   */
  readonly starting = new HandOver<Observed>();

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  /** @param prototype of a class of queries */
  wrap(prototype: Submitted): void {
    if (this.#prototypes.has(prototype)) return;
    this.#prototypes.add(prototype);
    this.#wrap(prototype, 'handleReadyForQuery', succeeding);
    this.#wrap(prototype, 'handleError', (original) => failing(original, this));
  }

  /** @returns false for one that is observed already */
  observe(submitted: Submitted, query: Query, calledBack: boolean): boolean {
    if (submitted[OBSERVED]) return false;
    submitted[OBSERVED] = { query, calledBack };
    this.wrap(Object.getPrototypeOf(submitted) as Submitted);
    if (Object.hasOwn(submitted, 'handleReadyForQuery')) {
      const { handleReadyForQuery, handleError } = submitted;
      submitted.handleReadyForQuery = succeeding(handleReadyForQuery);
      submitted.handleError = failing(handleError, this);
    }
    return true;
  }

  #wrap<N extends End>(prototype: Submitted, name: N, wrapper: (original: Submitted[N]) => Submitted[N]): void {
    if (!(name in prototype)) return;
    let owner = prototype;
    while (!Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
    if (this.#wrapped.has(owner[name])) return;
    this.#hooks.wrap(owner, name, wrapper as never);
    this.#wrapped.add(owner[name]);
  }
}

function succeeding(original: Submitted['handleReadyForQuery']): Submitted['handleReadyForQuery'] {
  return function (this: Submitted, connection) {
    const observed = this[OBSERVED];
    if (!observed) return original.call(this, connection);
    try {
      observed.query.succeeded(returnedRows(this));
    } catch (error) {
      report('pg query', error);
    }
    if (!observed.calledBack) return original.call(this, connection);
    return observed.query.run(original, this, [connection]);
  };
}

function failing(original: Submitted['handleError'], ends: QueryEnds): Submitted['handleError'] {
  return function (this: Submitted, cause, connection) {
    const observed = this[OBSERVED] ?? ends.starting.offered;
    if (!observed) return original.call(this, cause, connection);
    try {
      observed.query.failed(cause);
    } catch (error) {
      report('pg query', error);
    }
    if (!observed.calledBack) return original.call(this, cause, connection);
    return observed.query.run(original, this, [cause, connection]);
  };
}

/** The count that comes with an answer is of the rows changed, unless it has columns. */
function returnedRows({ _result, _results }: Submitted): number | undefined {
  if (!_result?.fields?.length || Array.isArray(_results)) return undefined;
  return _result.rowCount ?? undefined;
}
