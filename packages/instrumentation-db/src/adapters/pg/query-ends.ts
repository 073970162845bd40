import { HandOver, observed, type AnyFunction, type Hooks, type MethodCalls } from '@foreshock/kit';
import type { Query } from '../../events.ts';

/** On a query: a `WeakMap` costs 1 µs more (packages/kit/bench/marks.ts). */
const OBSERVED = Symbol('foreshock.query');

/** A `Query` of pg/lib/query.js, a `Cursor` of pg-cursor, or a `QueryStream`. */
export interface Submitted {
  text?: string;
  cursor?: { text?: string };
  name?: string;
  _result?: { rowCount?: number | null; fields?: readonly unknown[] };
  /** One per statement. */
  _results?: unknown;
  handleReadyForQuery: AnyFunction;
  handleError: AnyFunction;
  [OBSERVED]?: Observed;
}

export interface Observed {
  query: Query;
  calledBack: boolean;
}

/** A promise alone needs no context restored. */
const within = ({ query, calledBack }: Observed): Query | undefined => (calledBack ? query : undefined);

const SUCCEEDING: MethodCalls<Observed> = {
  begin(submitted: Submitted) {
    submitted[OBSERVED]?.query.succeeded(returnedRows(submitted));
    return submitted[OBSERVED];
  },
  within,
};

/** pg and pg-cursor by prototype; `QueryStream` binds methods to each object (pg-query-stream/dist/index.js). */
export class QueryEnds {
  readonly #hooks: Hooks;
  readonly #prototypes = new WeakSet<object>();
  readonly #wrapped = new WeakSet<Function>();
  /**
   * `Client#query` calls `handleError` synchronously when parameters cannot be serialised (`Query.prepare` in
   * pg/lib/query.js).
   */
  readonly starting = new HandOver<Observed>();

  readonly #failing: MethodCalls<Observed> = {
    begin: (submitted: Submitted, [cause]) => {
      const failed = submitted[OBSERVED] ?? this.starting.offered;
      failed?.query.failed(cause);
      return failed;
    },
    within,
  };

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  wrap(prototype: Submitted): void {
    if (this.#prototypes.has(prototype)) return;
    this.#prototypes.add(prototype);
    this.#wrap(prototype, 'handleReadyForQuery', SUCCEEDING);
    this.#wrap(prototype, 'handleError', this.#failing);
  }

  /** @returns false if observed before */
  observe(submitted: Submitted, started: Observed): boolean {
    if (submitted[OBSERVED]) return false;
    submitted[OBSERVED] = started;
    this.wrap(Object.getPrototypeOf(submitted) as Submitted);
    if (Object.hasOwn(submitted, 'handleReadyForQuery')) {
      const { handleReadyForQuery, handleError } = submitted;
      submitted.handleReadyForQuery = observed(handleReadyForQuery, SUCCEEDING, 'pg query');
      submitted.handleError = observed(handleError, this.#failing, 'pg query');
    }
    return true;
  }

  #wrap(prototype: Submitted, name: 'handleReadyForQuery' | 'handleError', steps: MethodCalls<Observed>): void {
    if (!(name in prototype)) return;
    let owner = prototype;
    while (!Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
    if (this.#wrapped.has(owner[name])) return;
    this.#hooks.calls(owner, name, steps);
    this.#wrapped.add(owner[name]);
  }
}

/** Without columns, it counts changed rows. */
function returnedRows({ _result, _results }: Submitted): number | undefined {
  if (!_result?.fields?.length || Array.isArray(_results)) return undefined;
  return _result.rowCount ?? undefined;
}
