import type { DatabaseSync } from 'node:sqlite';
import { type ListQuery, listTraces } from '../store/trace-list.ts';
import { storedTrace } from './stored-trace.ts';
import type { FoundTraces, TraceReader, WholeTrace } from './trace-reader.ts';

/** A `foreshock view --store`'s, which may run meanwhile. */
export class StoreFileReader implements TraceReader {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  async search(query: ListQuery): Promise<FoundTraces> {
    return listTraces(this.#database, query);
  }

  async trace(traceId: string): Promise<WholeTrace | undefined> {
    return storedTrace(this.#database, traceId);
  }

  async isCurrent(): Promise<boolean> {
    return true;
  }

  close(): void {
    this.#database.close();
  }
}
