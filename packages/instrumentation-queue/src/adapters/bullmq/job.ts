import { guard } from '@foreshock/kit';
import { waitedSince } from '../../clock-wait.ts';
import type { Message } from '../../events.ts';
import type { DueTimes } from './due-times.ts';
import { carrierIn, WAITS } from './metadata.ts';

/** A job as processors get it (`Job` of dist/cjs/classes/job.js), or as JSON in a sandbox. */
export interface Job {
  id?: string;
  opts?: JobOptions;
  /** Milliseconds since 1970, by the clock of who added it. */
  timestamp?: number;
  /** Milliseconds: of the next attempt, once one failed. */
  delay?: number;
  /** How often it ended: failed attempts. */
  attemptsMade?: number;
  /** How often it was started, for whatever reason; this time included. */
  attemptsStarted?: number;
  stalledCounter?: number;
  repeatJobKey?: string;
  /** It is not tried again. */
  finishedOn?: number;
}

export interface JobOptions {
  /** What bullmq's own telemetry uses, from 5.34; `tm` in Redis. */
  telemetry?: { metadata?: unknown; omitContext?: unknown };
  /** The same in 5.22 to 5.33. */
  telemetryMetadata?: unknown;
  tm?: unknown;
  attempts?: number;
  delay?: number;
  timestamp?: unknown;
  repeat?: unknown;
  /** Of a repeated job: when this run is due, milliseconds since 1970. */
  prevMillis?: unknown;
}

/** A queue, a worker or whatever else a job belongs to. */
export interface Owner {
  name: string;
  qualifiedName?: string;
  /** The application's own telemetry. */
  opts?: { telemetry?: unknown };
}

/** What makes a job the same one when it comes again. */
export function identityOf(owner: Owner, { id }: Job): string {
  return `${owner.qualifiedName ?? owner.name}\n${id}`;
}

export function startsOf({ attemptsStarted, attemptsMade }: Job): number {
  return number(attemptsStarted) || number(attemptsMade);
}

/** A job that is started. */
export function messageOf(owner: Owner, job: Job, dueTimes: DueTimes): Message {
  const { id, opts = {}, timestamp, attemptsMade } = job;
  const carrier = carrierIn(opts);
  const attempt = number(attemptsMade) + 1;
  const limit = Math.max(1, number(opts.attempts));
  return {
    id: id === undefined ? undefined : String(id),
    carrier,
    // One that the application gives may be anything.
    sentAt: opts.timestamp === undefined && number(timestamp) > 0 ? timestamp : undefined,
    waitMs: dueTimes.waitMs(owner, job) ?? waitOf(job, carrier),
    // It may have been promoted.
    delayMs: number(timestamp) > 0 ? Math.min(number(opts.delay), Math.max(0, Date.now() - timestamp!)) : opts.delay,
    repeated: job.repeatJobKey !== undefined || opts.repeat !== undefined,
    attempt,
    // Retried by hand, beyond it.
    maxAttempts: attempt > limit ? undefined : limit,
  };
}

/** As the job's own record has it: only a first start, and only without a delay that somebody may have changed. */
function waitOf(job: Job, carrier: Record<string, unknown> | undefined): number | undefined {
  const { opts = {}, timestamp, attemptsMade, stalledCounter } = job;
  if (startsOf(job) > 1 || number(attemptsMade) > 0 || number(stalledCounter) > 0 || carrier?.[WAITS]) return undefined;
  if (opts.repeat !== undefined) {
    // Its id ends with the same time (job-scheduler.js, repeat.js).
    const due = number(opts.prevMillis);
    return due > 0 && String(job.id).endsWith(`:${due}`) ? waitedSince(due) : undefined;
  }
  if (number(opts.delay) > 0 || opts.timestamp !== undefined || !number(timestamp)) return undefined;
  return waitedSince(timestamp!);
}

function number(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}

/** The processor puts the job off itself: errors that are none (dist/cjs/classes/errors, `RATE_LIMIT_ERROR`). */
export function isPutOff(error: unknown): boolean {
  return (
    guard('bullmq process', () => {
      const { name, message } = (error ?? {}) as { name?: unknown; message?: unknown };
      return (
        name === 'DelayedError' ||
        name === 'WaitingError' ||
        name === 'WaitingChildrenError' ||
        // Before 5.34 they are known by their messages, too.
        message === 'DelayedError' ||
        message === 'bullmq:rateLimitExceeded'
      );
    }) === true
  );
}
