import type { Hooks } from '@foreshock/kit';
import type { DueTimes } from './due-times.ts';
import type { Job, Owner } from './job.ts';

/** A job that has its queue; dist/cjs/classes/job.js. */
interface QueuedJob extends Job {
  queue: Owner;
}

/** In milliseconds from now, a job becomes due by the first argument of a method; undefined when nobody can tell. */
type DueIn = (first: unknown) => number | undefined;

const BY_JOB: readonly [method: string, dueIn: DueIn][] = [
  ['changeDelay', (delay) => (typeof delay === 'number' ? delay : undefined)],
  ['moveToDelayed', (timestamp) => (typeof timestamp === 'number' ? timestamp - Date.now() : undefined)],
  ['moveToWait', () => 0],
  ['promote', () => 0],
  ['retry', () => 0],
];

/** One job is put off or brought forward by hand: what it was due at is over, whatever becomes of the call. */
export function observePuttingOff(prototype: object, hooks: Hooks, dueTimes: DueTimes): void {
  for (const [method, dueIn] of BY_JOB) {
    // `moveToWait` came with 5.5x.
    if (!(method in prototype)) continue;
    hooks.before(prototype as Record<string, unknown>, method, (job: QueuedJob, [first]) => {
      const delay = dueIn(first);
      if (delay === undefined) dueTimes.delete(job.queue, job);
      else dueTimes.putOff(job.queue, job, delay);
    });
  }
}

/** All failed or delayed jobs of a queue are brought forward (dist/cjs/classes/queue.js). */
export function observePuttingOffOfMany(prototype: object, hooks: Hooks, dueTimes: DueTimes): void {
  for (const method of ['retryJobs', 'promoteJobs']) {
    hooks.before(prototype as Record<string, unknown>, method, () => dueTimes.clear());
  }
}
