import { number, type Job, type JobOptions, type Owner } from '../bullmq/job.ts';

/** lib/job.js. */
export interface BullJob {
  readonly id?: unknown;
  readonly opts?: (JobOptions & { readonly backoff?: unknown }) | undefined;
  readonly timestamp?: number | undefined;
  readonly delay?: number | undefined;
  /** Failed ones. */
  readonly attemptsMade?: number | undefined;
  readonly _discarded?: boolean;
}

/** With its queue. */
export interface QueuedJob extends BullJob {
  readonly queue: BullQueue;
}

/** lib/queue.js. */
export interface BullQueue {
  readonly name: string;
  readonly keyPrefix?: string;
}

export function ownerOf({ name, keyPrefix }: BullQueue): Owner {
  return { name, qualifiedName: `${keyPrefix}:${name}` };
}

/** As bullmq's, which counts starts, too, and has no timestamp in its options but the application's. */
export function asStarted(job: BullJob): Job {
  const { timestamp, ...opts } = job.opts ?? {};
  // As `withTrace` marks the application's.
  const isKnown = opts.tm !== undefined;
  return {
    ...asStored(job),
    attemptsStarted: number(job.attemptsMade) + 1,
    opts: isKnown ? opts : { ...opts, timestamp },
  };
}

/** Between its starts. */
export function asStored({ id, opts, timestamp, delay, attemptsMade }: BullJob): Job {
  return {
    id: String(id),
    attemptsMade: number(attemptsMade),
    ...(opts && { opts }),
    ...(timestamp !== undefined && { timestamp }),
    ...(delay !== undefined && { delay }),
  };
}
