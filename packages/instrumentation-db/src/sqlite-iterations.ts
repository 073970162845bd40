import type { Hooks } from '@foreshock/kit';
import type { Query } from './events.ts';

interface Iteration {
  query: Query;
  rows: number;
}

/**
 * A query ends with its rows' iterator, or when its statement runs again. Left without `return()`, its span stays open.
 */
export class SqliteIterations {
  readonly #hooks: Hooks;
  readonly #open = new WeakMap<object, Iteration>();
  /** A statement's last. */
  readonly #last = new WeakMap<object, Iteration>();
  #prototype: object | undefined;

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  /** @param owner a statement; a tag store may have several under way */
  endOf(owner: object): void {
    const last = this.#last.get(owner);
    if (!last) return;
    this.#last.delete(owner);
    last.query.succeeded(last.rows);
  }

  observe(iterator: object, query: Query, owner: object): void {
    // Its class is not exported.
    if (!this.#prototype) this.#wrap((this.#prototype = Object.getPrototypeOf(iterator)));
    if (Object.getPrototypeOf(iterator) !== this.#prototype) return query.succeeded();
    const iteration = { query, rows: 0 };
    this.#open.set(iterator, iteration);
    this.#last.set(owner, iteration);
  }

  #wrap(prototype: any): void {
    const begin = (iterator: object): Iteration | undefined => this.#open.get(iterator);
    const failed = ({ query }: Iteration, error: unknown): void => query.failed(error);
    this.#hooks.calls(prototype, 'next', {
      begin,
      returned: (iteration: Iteration, result: IteratorResult<unknown>) => {
        if (result.done) iteration.query.succeeded(iteration.rows);
        else iteration.rows++;
      },
      failed,
    });
    this.#hooks.calls(prototype, 'return', {
      begin,
      returned: ({ query, rows }: Iteration) => query.succeeded(rows),
      failed,
    });
  }
}
