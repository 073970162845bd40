import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { LogRecord, SpanRecord } from '../records/record.ts';
import { isFull, KEEP } from './database.ts';
import type { Eviction } from './eviction.ts';
import { Resources } from './resources.ts';
import { prepareLog, prepareSpan, type PreparedLog, type PreparedSpan } from './rows.ts';
import { addSpan, emptySummary, type TraceSummary } from './trace-summary.ts';
import { UsualTimes } from './usual-times.ts';

export interface Added {
  spans: number;
  logs: number;
  traces: number;
  /** Without a valid id or time. */
  invalid: number;
  /** Valid; too large for an empty store. */
  dropped: number;
}

const BATCH = 1_000;
const BATCH_BYTES = 4_000_000;
/** Most bytes per record byte: partly filled pages, indexes, non-Latin texts. */
const PER_BYTE = 2;
/** Evicted after each failed attempt. */
const SHARES = [0.25, 0.5, 1, 1];
/** Longer: notable. */
const NOTABLE_WAIT_MS = 20;

type Prepared = { span: PreparedSpan; log?: undefined } | { log: PreparedLog; span?: undefined };

export class Writer {
  readonly #database: DatabaseSync;
  readonly #eviction: Eviction;
  readonly #usual = new UsualTimes();
  readonly #resources: Resources;
  readonly #limitSpans: number;
  readonly #insertSpan: StatementSync;
  readonly #insertLog: StatementSync;
  readonly #find: StatementSync;
  readonly #save: StatementSync;
  #nextTrace: number;
  spans: number;
  /** The latest span's; 0: none. */
  newest: number;

  constructor(database: DatabaseSync, eviction: Eviction, limitSpans: number, spans: number) {
    this.#database = database;
    this.#eviction = eviction;
    this.#limitSpans = limitSpans;
    this.spans = spans;
    this.#insertSpan = database.prepare(`INSERT OR IGNORE INTO spans VALUES (${marks(15)})`);
    this.#insertLog = database.prepare(`INSERT OR IGNORE INTO logs VALUES (${marks(7)})`);
    this.#find = database.prepare('SELECT * FROM traces WHERE trace_id = ?');
    this.#save = database.prepare(`INSERT OR REPLACE INTO traces VALUES (${marks(18)})`);
    this.#resources = new Resources(database);
    const { last, newest } = database.prepare('SELECT max(id) AS last, max(end_ms) AS newest FROM traces').get() as {
      last: number | null;
      newest: number | null;
    };
    this.#nextTrace = (last ?? 0) + 1;
    this.newest = newest ?? 0;
  }

  /** Makes room before each transaction. */
  add(spans: SpanRecord[], logs: LogRecord[]): Added {
    const added = { spans: 0, logs: 0, traces: 0, invalid: 0, dropped: 0 };
    let batch: Prepared[] = [];
    let bytes = 0;
    const flush = (): void => {
      if (batch.length > 0) this.#write(batch, bytes, added);
      batch = [];
      bytes = 0;
    };
    const take = (prepared: Prepared | undefined): void => {
      if (!prepared) {
        added.invalid++;
        return;
      }
      batch.push(prepared);
      bytes += (prepared.span ?? prepared.log).bytes;
      if (batch.length >= BATCH || bytes >= BATCH_BYTES) flush();
    };
    for (const record of spans) {
      const span = prepareSpan(record);
      take(span && { span });
    }
    for (const record of logs) {
      const log = prepareLog(record);
      take(log && { log });
    }
    flush();
    return added;
  }

  /** If it does not fit, more is evicted; finally it is dropped. */
  #write(batch: Prepared[], bytes: number, added: Added): void {
    for (const share of SHARES) {
      if (this.#resources.isMany) this.#resources.clean();
      this.#eviction.makeRoom(bytes * PER_BYTE);
      while (this.spans + batch.length > this.#limitSpans && this.#eviction.takeAway()) {}
      const before = { ...added };
      const [nextTrace, spansBefore] = [this.#nextTrace, this.spans];
      const bytesBefore = [...this.#eviction.bytes];
      this.#database.exec('BEGIN');
      try {
        this.#insert(batch, added);
        this.#database.exec('COMMIT');
        return;
      } catch (error) {
        // SQLite may have rolled back.
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        Object.assign(added, before);
        this.#nextTrace = nextTrace;
        this.spans = spansBefore;
        this.#eviction.bytes = bytesBefore;
        this.#resources.read();
        if (!isFull(error)) throw error;
        // Resources and partly filled pages exceed the estimate.
        this.#eviction.takeAwayShare(share);
        this.#resources.clean();
      }
    }
    added.dropped += batch.length;
  }

  #insert(batch: Prepared[], added: Added): void {
    this.#resources.beginBatch();
    const summaries = new Map<string, TraceSummary>();
    const bytesBefore = new Map<TraceSummary, { keep: number; bytes: number }>();
    for (const { span, log } of batch) {
      const { traceId } = span ?? log;
      let summary = summaries.get(traceId);
      if (!summary) {
        summary = this.#find.get(traceId) as TraceSummary | undefined;
        if (summary) bytesBefore.set(summary, { keep: summary.keep, bytes: summary.bytes });
        else {
          summary = emptySummary(this.#nextTrace++, traceId);
          added.traces++;
        }
        summaries.set(traceId, summary);
      }
      if (span) this.#span(span, summary, added);
      else this.#log(log, summary, added);
    }
    for (const summary of summaries.values()) {
      const { keep, bytes } = bytesBefore.get(summary) ?? { keep: 0, bytes: 0 };
      if (keep === KEEP.HEALTHY && this.#isNotable(summary)) summary.keep = KEEP.NOTABLE;
      this.#eviction.bytes[keep]! -= bytes;
      this.#eviction.bytes[summary.keep]! += summary.bytes;
      this.#save.run(...(Object.values(summary) as never[]));
    }
  }

  #span(prepared: PreparedSpan, to: TraceSummary, added: Added) {
    const { record, spanId, parentId, summary, attributes, events, links, bytes } = prepared;
    const { kind, scope, name, start, end, status, statusMessage, resource } = record;
    const { changes } = this.#insertSpan.run(
      to.id,
      spanId,
      kind,
      parentId,
      this.#resources.idOf(resource),
      scope,
      name,
      start,
      end,
      status,
      statusMessage,
      summary,
      attributes,
      events,
      links,
    );
    // A duplicate.
    if (changes === 0) return;
    addSpan(to, record);
    to.bytes += bytes;
    added.spans++;
    this.spans++;
    if (end > this.newest) this.newest = end;
  }

  #log({ record, spanId, attributes, bytes }: PreparedLog, to: TraceSummary, added: Added): void {
    const { time, severity, body, resource } = record;
    const { changes } = this.#insertLog.run(
      to.id,
      time,
      spanId,
      severity,
      body,
      this.#resources.idOf(resource),
      attributes,
    );
    if (changes === 0) return;
    to.start_ms = Math.min(to.start_ms, time);
    to.end_ms = Math.max(to.end_ms, time);
    to.bytes += bytes;
    to.logs++;
    added.logs++;
  }

  #isNotable({ errors, wait_ms, attempts, breaker, root, service, name, duration_ms }: TraceSummary): boolean {
    const isSlow = root === 1 && this.#usual.isSlow(`${service}\n${name}`, duration_ms);
    return errors > 0 || wait_ms >= NOTABLE_WAIT_MS || attempts > 1 || (breaker ?? 'closed') !== 'closed' || isSlow;
  }
}

function marks(count: number): string {
  return Array.from({ length: count }, () => '?').join(', ');
}
