import type { DatabaseSync } from 'node:sqlite';
import type { LogRecord, SpanRecord } from '../records/record.ts';
import { openDatabase, shrinkTo, usedBytes } from './database.ts';
import { Eviction } from './eviction.ts';
import { type Added, Writer } from './writer.ts';

export interface StoreOptions {
  /** Undefined for memory. */
  file: string | undefined;
  limitBytes: number;
  limitSpans: number;
}

/** Spans and logs by trace, in SQLite, with exact size limit. */
export class Store {
  readonly database: DatabaseSync;
  readonly close: () => void;
  readonly eviction: Eviction;
  readonly #limitBytes: number;
  readonly #writer: Writer;
  #logs: number;
  #traces: number;
  /** Without room. */
  #dropped = 0;
  #invalid = 0;
  /** With every change. */
  seq = 0;

  constructor({ file, limitBytes, limitSpans }: StoreOptions) {
    ({ database: this.database, close: this.close } = openDatabase(file, limitBytes));
    this.#limitBytes = limitBytes;
    this.eviction = new Eviction(this.database, limitBytes);
    // Perhaps higher before.
    this.eviction.makeRoom(0);
    shrinkTo(this.database, limitBytes);
    const { traces, spans, logs } = this.database
      .prepare('SELECT count(*) AS traces, total(spans) AS spans, total(logs) AS logs FROM traces')
      .get() as { traces: number; spans: number; logs: number };
    this.#traces = traces;
    this.#logs = logs;
    this.#writer = new Writer(this.database, this.eviction, limitSpans, spans);
    this.eviction.onForgotten = (victims) => {
      for (const victim of victims) {
        this.#traces--;
        this.#writer.spans -= victim.spans;
        this.#logs -= victim.logs;
      }
    };
  }

  add(spans: SpanRecord[], logs: LogRecord[]): Added {
    const added = this.#writer.add(spans, logs);
    this.#traces += added.traces;
    this.#logs += added.logs;
    this.#dropped += added.dropped;
    this.#invalid += added.invalid;
    if (added.spans + added.logs > 0) this.seq++;
    return added;
  }

  /** Start of the newest traces with this many spans; 0 if fewer. */
  startOfNewest(spans: number, to: number): number {
    const row = this.database
      .prepare(
        `SELECT start_ms AS start FROM (
           SELECT start_ms, id, sum(spans) OVER (ORDER BY start_ms DESC, id DESC) AS together FROM traces
           WHERE start_ms <= ?
         ) WHERE together > ? ORDER BY start_ms DESC LIMIT 1`,
      )
      .get(to, spans);
    return row ? (row['start'] as number) : 0;
  }

  /** Evicted last; replaces the previous list. */
  pin(traceIds: string[]): void {
    this.eviction.pin(traceIds);
  }

  /** `/api/status`, without the version. */
  status() {
    const { oldest } = this.database.prepare('SELECT min(start_ms) AS oldest FROM traces').get() as {
      oldest: number | null;
    };
    const services = this.database.prepare('SELECT DISTINCT service FROM resources ORDER BY service LIMIT 1000').all();
    const { pinned } = this.database.prepare('SELECT count(*) AS pinned FROM traces WHERE keep = 2').get() as {
      pinned: number;
    };
    return {
      spans: this.#writer.spans,
      traces: this.#traces,
      logs: this.#logs,
      bytes: usedBytes(this.database),
      limitBytes: this.#limitBytes,
      completeSince: this.eviction.completeSince,
      evictedTraces: this.eviction.evictedTraces,
      pinnedTraces: pinned,
      droppedRecords: this.#dropped,
      invalidRecords: this.#invalid,
      oldest,
      newest: oldest === null ? null : this.#writer.newest,
      services: services.map(({ service }) => service as string),
      seq: this.seq,
    };
  }
}
