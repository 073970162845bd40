import { answeringOnce, HandOver, type AnyFunction } from '@foreshock/kit';
import type { DbEvents, Query } from '../../events.ts';
import { startQuery } from './requests.ts';
import type { Connection } from './targets.ts';

/** lib/bulk-load.js */
interface BulkLoad {
  callback: AnyFunction;
  getBulkInsertSql(): string;
}

/** Two requests, of which the first is an `INSERT BULK` of its own: they are one query. */
export class BulkLoads {
  readonly handOver = new HandOver<Query>();
  readonly #known = new WeakSet<object>();
  readonly #db: DbEvents;

  constructor(db: DbEvents) {
    this.#db = db;
  }

  begin(connection: Connection, bulkLoad: BulkLoad): Query | undefined {
    const query = startQuery(connection, { text: bulkLoad.getBulkInsertSql() }, this.#db);
    if (!query) return undefined;
    this.#known.add(bulkLoad);
    bulkLoad.callback = answeringOnce('tedious bulk load', query, bulkLoad.callback, ([error]: [unknown]) => {
      if (error) query.failed(error);
      else query.succeeded();
    });
    return query;
  }

  /** The first request is made within `execBulkLoad`. */
  has(request: object): boolean {
    return this.#known.has(request) || this.handOver.take() !== undefined;
  }
}
