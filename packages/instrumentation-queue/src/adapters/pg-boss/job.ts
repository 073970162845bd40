import { guard, report } from '@foreshock/kit';
import type { Carrier, Message } from '../../events.ts';

/**
 * The key of a job's data under which its trace travels, and the name of the column that a fetch brings along.
 * No handler gets to see either.
 */
const KEY = '__foreshock';

/** What a carrier of ours has at most; anything bigger under the key is somebody else's. */
const MAX_FIELDS = 16;

/** A row of pg-boss' job table as it is handed to handlers. */
export interface Job {
  id: string;
  data: unknown;
  /** `trace_context`, which pg-boss ≥ 12.38 fetches along and takes off again. */
  __traceContext?: unknown;
}

/** What `executeSql` is called on: pg-boss' own `Db`, or the application's (a transaction, an ORM). */
export interface Database {
  executeSql(text: string, values?: unknown[]): Promise<{ rows?: unknown } | undefined>;
}

interface Facts {
  carrier?: Record<string, unknown>;
  attempt?: number;
  maxAttempts?: number;
  waitMs?: number;
  delayMs?: number;
  /** It has a dead letter queue. */
  deadLetters?: boolean;
  readAt: number;
}

const facts = new WeakMap<object, Facts>();

/** pg-boss' own jobs: cron ticks on their way into the queue they are for. */
export function isInternal(queue: unknown): boolean {
  return typeof queue === 'string' && queue.startsWith('__pgboss__');
}

/**
 * A copy of a job's data whose JSON carries the trace; to anybody but JSON it is equal to the data. Only JSON
 * objects can carry it: everything else is returned as it is.
 *
 * @param carrierOf asked when the data is written
 */
export function carrying(data: unknown, carrierOf: () => Carrier | undefined): unknown {
  if (!isObject(data)) return data;
  return Object.defineProperty({ ...data }, 'toJSON', {
    configurable: true,
    enumerable: false,
    value(key: string) {
      const json = typeof data['toJSON'] === 'function' ? data['toJSON'](key) : data;
      if (!isObject(json)) return json;
      const carrier = guard('pg-boss send', carrierOf);
      return carrier ? { ...json, [KEY]: carrier } : json;
    },
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

function isCarrier(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const values = Object.values(value);
  return values.length <= MAX_FIELDS && values.every((each) => typeof each === 'string');
}

/** Makes a job what it is without us, and remembers what it brought along. */
function uncover(job: Job): void {
  const found: Facts = facts.get(job) ?? { readAt: performance.now() };
  facts.set(job, found);
  const { [KEY]: column, __traceContext: context } = job as Job & { [KEY]?: unknown };
  if (typeof column === 'string') {
    delete (job as Job & { [KEY]?: unknown })[KEY];
    const [retries, limit, waited, delayed, deadLetters] = column.split(' ');
    found.attempt = Number(retries) + 1;
    found.maxAttempts = Number(limit) + 1;
    found.waitMs = Math.max(0, Number(waited) * 1000);
    found.delayMs = Math.max(0, Number(delayed) * 1000);
    found.deadLetters = deadLetters === 'true';
  }
  const { data } = job;
  if (isObject(data) && isCarrier(data[KEY])) {
    found.carrier = data[KEY];
    delete data[KEY];
  }
  const own = typeof context === 'string' ? JSON.parse(context) : context;
  if (isCarrier(own)) found.carrier = own;
}

/** A job as it is handed over. */
export function messageOf(job: Job): Message {
  uncover(job);
  const { carrier, attempt, maxAttempts, waitMs, delayMs, readAt } = facts.get(job)!;
  return {
    id: job.id,
    carrier,
    attempt,
    maxAttempts,
    waitMs: waitMs === undefined ? undefined : waitMs + performance.now() - readAt,
    delayMs,
  };
}

/** Whether a failure of this job sends it to a dead letter queue. */
export function isDeadLettered(job: Job, retriesLeft = true): boolean {
  const { deadLetters, attempt = 1, maxAttempts = 1 } = facts.get(job) ?? {};
  return deadLetters === true && (!retriesLeft || attempt >= maxAttempts);
}

/**
 * What a fetch is asked to return as well, in one column of text that no driver's type parser touches: retries
 * so far and at most, seconds due and delayed by the database's clock, whether there is a dead letter queue. All
 * of them are columns of the job table since version 10 that `includeMetadata` would bring too, with thirty others.
 */
const COLUMN =
  `, (j.retry_count::text || ' ' || j.retry_limit::text` +
  ` || ' ' || extract(epoch from j.started_on - j.start_after)::text` +
  ` || ' ' || extract(epoch from j.start_after - j.created_on)::text` +
  ` || ' ' || (j.dead_letter IS NOT NULL)::text) as "${KEY}"`;

/** Databases that do not understand it: others than Postgres that speak its protocol. */
const refused = new WeakSet<Database>();

/** `plans.fetchNextJob` ends `UPDATE … j SET … RETURNING j.id, name, …` in every version. */
function withColumn(text: string): string | undefined {
  return text.includes('RETURNING j.id') ? text.trimEnd() + COLUMN : undefined;
}

/**
 * Stands in for a database for one call that reads jobs: pg-boss takes any object with `executeSql`. So the jobs
 * are what they are without us before anybody gets hold of them, and the promise a caller holds is pg-boss' own.
 */
export class JobReader implements Database {
  readonly #db: Database;
  /** A transaction of the application's is not put at risk for a column. */
  readonly #mayAdd: boolean;
  readonly #read: ((jobs: Job[]) => void) | undefined;

  constructor(db: Database, mayAdd: boolean, read?: (jobs: Job[]) => void) {
    this.#db = db;
    this.#mayAdd = mayAdd;
    this.#read = read;
  }

  async executeSql(text: string, values?: unknown[]): Promise<{ rows?: unknown } | undefined> {
    const result = await this.#execute(text, values);
    const jobs = Array.isArray(result?.rows) ? (result.rows as Job[]) : [];
    for (const job of jobs) guard('pg-boss fetch', () => uncover(job));
    guard('pg-boss fetch', () => this.#read?.(jobs));
    return result;
  }

  async #execute(text: string, values: unknown[] | undefined): Promise<{ rows?: unknown } | undefined> {
    const more = this.#mayAdd && !refused.has(this.#db) ? withColumn(text) : undefined;
    if (more === undefined) return this.#db.executeSql(text, values);
    try {
      return await this.#db.executeSql(more, values);
    } catch (error) {
      // SQLSTATE class 42, syntax or access: a database that cannot say it this way must still hand out its jobs.
      if (!String((error as { code?: unknown } | undefined)?.code).startsWith('42')) throw error;
      const result = await this.#db.executeSql(text, values);
      refused.add(this.#db);
      report('pg-boss: asking for the wait of a job', error);
      return result;
    }
  }
}
