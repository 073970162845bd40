import { guard } from '@foreshock/kit';
import { waitedSince } from '../../clock-wait.ts';
import type { Message } from '../../events.ts';
import type { DueTimes } from './due-times.ts';
import { carrierIn, WAITS } from './metadata.ts';

/** A processor's job (`Job` of dist/cjs/classes/job.js), or a sandbox's JSON. */
export interface Job {
  id?: string;
  opts?: JobOptions;
  /** ms since 1970, the producer's clock. */
  timestamp?: number;
  /** ms; after a failure, the next attempt's. */
  delay?: number;
  /** Failed attempts. */
  attemptsMade?: number;
  /** All starts, including this one. */
  attemptsStarted?: number;
  stalledCounter?: number;
  repeatJobKey?: string;
  /** Set when no attempts are left. */
  finishedOn?: number;
}

export interface JobOptions {
  /** bullmq's, from 5.34; `tm` in Redis. */
  telemetry?: { metadata?: unknown; omitContext?: unknown };
  /** In 5.22 to 5.33. */
  telemetryMetadata?: unknown;
  tm?: unknown;
  attempts?: number;
  delay?: number;
  timestamp?: unknown;
  repeat?: unknown;
  /** A repeated run's due time, ms since 1970. */
  prevMillis?: unknown;
}

export interface Owner {
  name: string;
  qualifiedName?: string;
  opts?: { telemetry?: unknown };
}

/** Stable across retries. */
export function identityOf(owner: Owner, { id }: Job): string {
  return `${owner.qualifiedName ?? owner.name}\n${id}`;
}

export function startsOf({ attemptsStarted, attemptsMade }: Job): number {
  return number(attemptsStarted) || number(attemptsMade);
}

export function messageOf(owner: Owner, job: Job, dueTimes: DueTimes): Message {
  const { id, opts = {}, timestamp, attemptsMade } = job;
  const carrier = carrierIn(opts);
  const attempt = number(attemptsMade) + 1;
  const limit = Math.max(1, number(opts.attempts));
  return {
    id: id === undefined ? undefined : String(id),
    carrier,
    // An application's may be any time.
    sentAt: opts.timestamp === undefined && number(timestamp) > 0 ? timestamp : undefined,
    waitMs: dueTimes.waitMs(owner, job) ?? waitOf(job, carrier),
    // Promotion shortens it.
    delayMs: number(timestamp) > 0 ? Math.min(number(opts.delay), Math.max(0, Date.now() - timestamp!)) : opts.delay,
    repeated: job.repeatJobKey !== undefined || opts.repeat !== undefined,
    attempt,
    // Manual retries exceed it.
    maxAttempts: attempt > limit ? undefined : limit,
  };
}

/** A first start's, with unchanged delay. */
function waitOf(job: Job, carrier: Record<string, unknown> | undefined): number | undefined {
  const { opts = {}, timestamp, attemptsMade, stalledCounter } = job;
  if (startsOf(job) > 1 || number(attemptsMade) > 0 || number(stalledCounter) > 0 || carrier?.[WAITS]) return undefined;
  if (opts.repeat !== undefined) {
    // As in the id's end (job-scheduler.js, repeat.js).
    const due = number(opts.prevMillis);
    return due > 0 && String(job.id).endsWith(`:${due}`) ? waitedSince(due) : undefined;
  }
  if (number(opts.delay) > 0 || opts.timestamp !== undefined || !number(timestamp)) return undefined;
  return waitedSince(timestamp!);
}

function number(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}

/** They delay it (dist/cjs/classes/errors, `RATE_LIMIT_ERROR`). */
export function isPutOff(error: unknown): boolean {
  return (
    guard('bullmq process', () => {
      const { name, message } = (error ?? {}) as { name?: unknown; message?: unknown };
      return (
        name === 'DelayedError' ||
        name === 'WaitingError' ||
        name === 'WaitingChildrenError' ||
        // Before 5.34 also by message.
        message === 'DelayedError' ||
        message === 'bullmq:rateLimitExceeded'
      );
    }) === true
  );
}
