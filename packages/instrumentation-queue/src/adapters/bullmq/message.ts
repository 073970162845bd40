import { waitedSince } from '../../clock-wait.ts';
import type { Message } from '../../events.ts';
import type { DueTimes } from './due-times.ts';
import { number, startsOf, type Job, type Owner } from './job.ts';
import { carrierIn, WAITS } from './metadata.ts';

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
