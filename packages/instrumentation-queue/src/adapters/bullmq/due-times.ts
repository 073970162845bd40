import { identityOf, startsOf, type Job, type Owner } from './job.ts';

const MAX_JOBS = 4_000;

/** Scripts take jobs due within a millisecond, by a millisecond clock. */
const EARLY_MS = 3;

interface Due {
  /** Of jobs reusing an id. */
  readonly timestamp: number | undefined;
  /** Starts so far. */
  readonly starts: number;
  /** Latest due, `performance.now()`. */
  readonly at: number;
  /** Earlier: caused elsewhere. */
  readonly earliest: number;
}

/** Redis loses due times: `promoteDelayedJobs` (dist/cjs/scripts) zeroes `delay`. This keeps those known here. */
export class DueTimes {
  readonly #due = new Map<string, Due>();

  readonly #failing = new WeakMap<object, number>();

  /** The timestamp is this process's. */
  added(queue: Owner, job: Job, delayMs: number): void {
    if (typeof job.timestamp !== 'number') return;
    const at = performance.now() - (Date.now() - job.timestamp) + delayMs;
    this.#set(queue, job, at, at);
  }

  /** Delayed or promoted, from now. */
  putOff(queue: Owner, job: Job, delayMs: number): void {
    const at = performance.now() + delayMs;
    this.#set(queue, job, at, at);
  }

  /** The back-off begins between now and {@link failed}. */
  failing(job: Job): void {
    this.#failing.set(job, performance.now());
  }

  failed(worker: Owner, job: Job): void {
    const delay = typeof job.delay === 'number' && job.delay > 0 ? job.delay : 0;
    const now = performance.now();
    this.#set(worker, job, now + delay, (this.#failing.get(job) ?? now) + delay);
  }

  #set(owner: Owner, job: Job, at: number, earliest: number): void {
    const key = identityOf(owner, job);
    if (this.#due.size >= MAX_JOBS) this.#due.clear();
    this.#due.set(key, { timestamp: job.timestamp, starts: startsOf(job), at, earliest });
  }

  delete(owner: Owner, job: Job): void {
    if (this.#due.size > 0) this.#due.delete(identityOf(owner, job));
  }

  /** Bulk promotions and retries name no jobs. */
  clear(): void {
    this.#due.clear();
  }

  /** Undefined: started elsewhere. */
  waitMs(owner: Owner, job: Job): number | undefined {
    if (this.#due.size === 0) return undefined;
    const due = this.#due.get(identityOf(owner, job));
    if (!due || due.timestamp !== job.timestamp || due.starts + 1 !== startsOf(job)) return undefined;
    const now = performance.now();
    return now < due.earliest - EARLY_MS ? undefined : Math.max(0, now - due.at);
  }
}
