import { guard, type Hooks } from '@foreshock/kit';
import type { DueTimes } from './due-times.ts';
import type { Job, Owner } from './job.ts';

/** `Job` of dist/cjs/classes/job.js. */
interface QueuedJob extends Job {
  queue: Owner;
}

/** ms until due, if known. */
type DueIn = (first: unknown) => number | undefined;

const BY_JOB: readonly [method: string, dueIn: DueIn][] = [
  ['changeDelay', (delay) => (typeof delay === 'number' ? delay : undefined)],
  ['moveToDelayed', (timestamp) => (typeof timestamp === 'number' ? timestamp - Date.now() : undefined)],
  ['moveToWait', () => 0],
  ['promote', () => 0],
  ['retry', () => 0],
];

/** Even a failed call invalidates it. */
export function observePuttingOff(prototype: object, hooks: Hooks, dueTimes: DueTimes): void {
  for (const [method, dueIn] of BY_JOB) {
    // `moveToWait` exists from 5.5x.
    if (!(method in prototype)) continue;
    hooks.before(prototype as Record<string, unknown>, method, (job: QueuedJob, [first]) => {
      const delay = dueIn(first);
      if (delay === undefined) dueTimes.delete(job.queue, job);
      else dueTimes.putOff(job.queue, job, delay);
    });
  }
}

/** dist/cjs/classes/queue.js: all failed, all delayed. */
export function observePuttingOffOfMany(prototype: object, hooks: Hooks, dueTimes: DueTimes): void {
  for (const method of ['retryJobs', 'promoteJobs']) {
    hooks.before(prototype as Record<string, unknown>, method, () => dueTimes.clear());
  }
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
