import type { Hooks } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';

type Methods = Record<string, ((...args: unknown[]) => unknown) | undefined>;

/** Methods that send, which has a span of its own, and that end a job, as part of which another one is fetched. */
const NOT_ASKING = new Set(
  'add addBulk addJob addJobs addFlow upsertJobScheduler create createBulk moveToCompleted moveToFailed'.split(' '),
);

/**
 * bullmq's own commands, each in an `async` method: of `Scripts` (5) or `RedisQueueBackend` (6), and in 5 of queues and
 * jobs, too. Asked for within a trace they are part of it; a poller's or an exporter's are no trace each.
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
