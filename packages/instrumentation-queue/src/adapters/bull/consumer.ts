import { guard, observed, replaceOn, type AnyFunction, type Hooks, type Runner } from '@foreshock/kit';
import type { Processing, QueueEvents } from '../../events.ts';
import type { DueTimes } from '../bullmq/due-times.ts';
import { messageOf } from '../bullmq/message.ts';
import { asStarted, asStored, ownerOf, type BullQueue, type QueuedJob } from './job.ts';

interface Queue extends BullQueue {
  readonly handlers: Record<string, AnyFunction>;
  listenerCount(event: string): number;
}

export class Consumers {
  readonly #queue: QueueEvents;
  readonly #hooks: Hooks;
  readonly #dueTimes: DueTimes;
  /** By job. */
  readonly #handled = new WeakMap<object, Processing>();
  /** Started before: since when they wait is not known. */
  readonly #stalled = new WeakSet<object>();

  constructor(queue: QueueEvents, hooks: Hooks, dueTimes: DueTimes) {
    this.#queue = queue;
    this.#hooks = hooks;
    this.#dueTimes = dueTimes;
  }

  observeQueue(prototype: Record<'setHandler' | 'run' | 'updateDelayTimer' | 'retryJobs', unknown>): void {
    // Fetching, lock renewal, stalled jobs.
    this.#hooks.runBy(prototype, 'run', this.#queue.background);
    this.#hooks.runBy(prototype, 'updateDelayTimer', this.#queue.background);
    this.#hooks.before(prototype, 'retryJobs', () => this.#dueTimes.clear());
    // A sandbox's, too; awaited.
    this.#hooks.after(prototype, 'setHandler', (_result, { handlers }: Queue, [name]) =>
      replaceOn(handlers, name, (original) =>
        observed<Runner | Processing>(
          original,
          {
            begin: (_handlers, [job]) =>
              guard('bull process', () => this.#begin(job)) ?? { run: this.#queue.foreground },
            within: (processing) => processing,
            succeeded: (processing) => 'succeeded' in processing && processing.succeeded(),
            failed: (processing, error) => 'failed' in processing && processing.failed({ error }),
          },
          'bull process',
          this.#hooks,
        ),
      ),
    );
  }

  observeJob(Job: { fromJSON: unknown; prototype: Record<'moveToFailed' | 'promote' | 'retry', unknown> }): void {
    const { prototype } = Job;
    // Of moveStalledJobsToWait; the job does not have it.
    this.#hooks.after(Job, 'fromJSON', (job: object, _Job, [, { stalledCounter }]) => {
      if (Number(stalledCounter) > 0) this.#stalled.add(job);
    });
    // After `opts.timeout` the handler goes on (lib/p-timeout.js).
    this.#hooks.before(prototype, 'moveToFailed', (job: QueuedJob, [error]) => {
      if ((error as Error | undefined)?.name === 'TimeoutError')
        this.#handled.get(job)?.failed({ error, type: 'timeout' });
      this.#again(job);
    });
    for (const method of ['promote', 'retry'] as const) {
      this.#hooks.before(prototype, method, (job: QueuedJob) =>
        this.#dueTimes.delete(ownerOf(job.queue), asStored(job)),
      );
    }
  }

  /** `emitSafe` calls the application's listeners: a job's have its trace, others none. */
  observeEvents(utils: { emitSafe: unknown }): void {
    const elsewhere: Runner = { run: this.#queue.foreground };
    this.#hooks.calls(utils, 'emitSafe', {
      begin: (_utils, [queue, event, job]): Runner | undefined => {
        if ((queue as Queue).listenerCount(event) === 0) return undefined;
        return (typeof job === 'object' && job !== null && this.#handled.get(job)) || elsewhere;
      },
      within: (where) => where,
    });
  }

  /** Back-offs may be the application's. */
  #again(job: QueuedJob): void {
    const made = (job.attemptsMade ?? 0) + 1;
    const again = asStored({ id: job.id, timestamp: job.timestamp, attemptsMade: made });
    const isDue = !job.opts?.backoff && !job._discarded && made < (job.opts?.attempts ?? 1);
    if (isDue) this.#dueTimes.putOff(ownerOf(job.queue), again, 0);
    else this.#dueTimes.delete(ownerOf(job.queue), again);
  }

  #begin(job: QueuedJob): Processing | undefined {
    const message = messageOf(ownerOf(job.queue), asStarted(job), this.#dueTimes);
    if (this.#stalled.has(job)) message.waitMs = undefined;
    const processing = this.#queue.process({ system: 'bull', destination: job.queue.name, messages: [message] });
    if (processing) this.#handled.set(job, processing);
    return processing;
  }
}
