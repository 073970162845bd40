import { identityOf, startsOf, type Job, type Owner } from './job.ts';

/** Jobs remembered at most; then it starts over, and of those before no wait is said. */
const MAX_JOBS = 4_000;

/** Its scripts take a job that is due within the next millisecond, by a clock of whole ones. */
const EARLY_MS = 3;

interface Due {
  /** When the job was added: another job of the same id has another. */
  readonly timestamp: number | undefined;
  /** How often it had been started. */
  readonly starts: number;
  /** By `performance.now()`, at the latest. */
  readonly at: number;
  /** A start before that is the doing of others. */
  readonly earliest: number;
}

/**
 * When jobs are due that are not due as they are added. Redis does not say: as a job becomes due, bullmq sets its
 * `delay` to 0 (`promoteDelayedJobs` of dist/cjs/scripts). So this is what this process did to a job itself: added it
 * with a delay, failed it, put it off, promoted it. It holds for the very next start of that job, and for no later one.
 */
export class DueTimes {
  readonly #due = new Map<string, Due>();

  readonly #failing = new WeakMap<object, number>();

  /** A delayed job was added. Its own clock says when, which is this process's. */
  added(queue: Owner, job: Job, delayMs: number): void {
    if (typeof job.timestamp !== 'number') return;
    const at = performance.now() - (Date.now() - job.timestamp) + delayMs;
    this.#set(queue, job, at, at);
  }

  /** A job is put off, or brought forward, from now on. */
  putOff(queue: Owner, job: Job, delayMs: number): void {
    const at = performance.now() + delayMs;
    this.#set(queue, job, at, at);
  }

  /** A job is about to be failed: its back-off begins between now and {@link failed}. */
  failing(job: Job): void {
    this.#failing.set(job, performance.now());
  }

  /** A job failed, and will be tried again. */
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

  /** Many jobs were promoted or retried, whichever they are. */
  clear(): void {
    this.#due.clear();
  }

  /** How long a job that is started now has been due; undefined when it was others who saw to that. */
  waitMs(owner: Owner, job: Job): number | undefined {
    if (this.#due.size === 0) return undefined;
    const due = this.#due.get(identityOf(owner, job));
    if (!due || due.timestamp !== job.timestamp || due.starts + 1 !== startsOf(job)) return undefined;
    const now = performance.now();
    return now < due.earliest - EARLY_MS ? undefined : Math.max(0, now - due.at);
  }
}
