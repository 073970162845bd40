import type { Hooks } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';

type Methods = Record<string, ((...args: unknown[]) => unknown) | undefined>;

/** Sends have their own span; ending a job fetches the next. */
const NOT_ASKING = new Set(
  'add addBulk addJob addJobs addFlow upsertJobScheduler create createBulk moveToCompleted moveToFailed'.split(' '),
);

/**
 * `async` commands of `Scripts` (5) or `RedisQueueBackend` (6), in 5 also of queues and jobs.
 *
 * @param names default: all
 */
export function observeCommands(owner: object, queue: QueueEvents, hooks: Hooks, names?: readonly string[]): void {
  for (const name of names ?? Object.getOwnPropertyNames(owner)) {
    const method: unknown = Object.getOwnPropertyDescriptor(owner, name)?.value;
    if (typeof method !== 'function' || method.constructor.name !== 'AsyncFunction' || NOT_ASKING.has(name)) continue;
    hooks.runBy(owner as Methods, name, queue.housekeeping);
  }
}
