import { HandOver, report, type Hooks } from '@foreshock/kit';
import type { Query } from '../../events.ts';

/** A WeakMap of queries costs more in garbage collection than all else here. */
const OBSERVED = Symbol('foreshock.query');

/** A `Query` of pg/lib/query.js, a `Cursor` of pg-cursor, or a `QueryStream`. */
export interface Submitted {
  text?: string;
  cursor?: { text?: string };
  name?: string;
  _result?: { rowCount?: number | null; fields?: readonly unknown[] };
  /** Several statements have several results. */
  _results?: unknown;
  handleReadyForQuery(connection: unknown): unknown;
  handleError(error: unknown, connection: unknown): unknown;
  [OBSERVED]?: Observed;
}

export interface Observed {
  query: Query;
  calledBack: boolean;
}

type End = 'handleReadyForQuery' | 'handleError';

/**
 * pg and pg-cursor are patched on the prototype; `QueryStream` binds its methods to each object
 * (pg-query-stream/dist/index.js).
 */
export class QueryEnds {
  readonly #hooks: Hooks;
  readonly #prototypes = new WeakSet<object>();
  readonly #wrapped = new WeakSet<Function>();
  /**
   * `Client#query` calls `handleError` itself when parameters cannot be serialised (`Query.prepare` in
   * pg/lib/query.js).
   */
  readonly starting = new HandOver<Observed>();

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  wrap(prototype: Submitted): void {
    if (this.#prototypes.has(prototype)) return;
    this.#prototypes.add(prototype);
    this.#wrap(prototype, 'handleReadyForQuery', succeeding);
    this.#wrap(prototype, 'handleError', (original) => failing(original, this));
  }

  /** @returns false if it is already observed */
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

/** Without columns, the count is of rows changed. */
function returnedRows({ _result, _results }: Submitted): number | undefined {
  if (!_result?.fields?.length || Array.isArray(_results)) return undefined;
  return _result.rowCount ?? undefined;
}
