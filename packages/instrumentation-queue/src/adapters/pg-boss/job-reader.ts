import { guard } from '@foreshock/kit';
import { executeChanged, type Database } from './database.ts';
import { KEY, uncover, type Job } from './job.ts';

const CARRIER = `(j.output->'${KEY}')::text`;

/** Later 12s keep the failed job's output there; `to_jsonb` works without that column. */
const DEAD_LETTER_CARRIER = `CASE WHEN j.output IS NULL THEN (to_jsonb(j)->'source_output'->'${KEY}')::text END`;

/** For the application's transactions: every supported database understands it. */
const CARRIER_COLUMN = `, COALESCE(${CARRIER}, '') as "${KEY}"`;

/**
 * One text column, which no type parser changes: retries, seconds due and delayed by the database's clock, dead letter
 * queue, trace.
 */
const COLUMN =
  `, (j.retry_count::text || ' ' || j.retry_limit::text` +
  ` || ' ' || extract(epoch from j.started_on - j.start_after)::text` +
  ` || ' ' || extract(epoch from j.start_after - j.created_on)::text` +
  ` || ' ' || (j.dead_letter IS NOT NULL)::text` +
  ` || ' ' || COALESCE(${CARRIER}, ${DEAD_LETTER_CARRIER}, '')) as "${KEY}"`;

/** `plans.fetchNextJob` always ends `UPDATE … j SET … RETURNING j.id, name, …`. */
function withColumn(text: string, column: string): string | undefined {
  return text.includes('RETURNING j.id') ? text.trimEnd() + column : undefined;
}

/** Wraps the database for one call: callers see restored jobs and pg-boss' own promises. */
export class JobReader implements Database {
  readonly #db: Database;
  /** False for the application's transaction. */
  readonly #isOwn: boolean;
  readonly #read: ((jobs: Job[]) => void) | undefined;

  constructor(db: Database, isOwn: boolean, read?: (jobs: Job[]) => void) {
    this.#db = db;
    this.#isOwn = isOwn;
    this.#read = read;
  }

  async executeSql(text: string, values?: unknown[]): Promise<{ rows?: unknown } | undefined> {
    const more = withColumn(text, this.#isOwn ? COLUMN : CARRIER_COLUMN);
    const changed: [string, unknown[] | undefined] | undefined = more === undefined ? undefined : [more, values];
    const result = await executeChanged(this.#db, this.#isOwn, [text, values], changed, 'asking for the wait of a job');
    const jobs = Array.isArray(result?.rows) ? (result.rows as Job[]) : [];
    for (const job of jobs) guard('pg-boss fetch', () => uncover(job));
    guard('pg-boss fetch', () => this.#read?.(jobs));
    return result;
  }
}
