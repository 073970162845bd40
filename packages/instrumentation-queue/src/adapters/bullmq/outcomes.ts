import type { EventEmitter } from 'node:events';
import { guard, type Hooks } from '@foreshock/kit';
import type { Processing, QueueEvents } from '../../events.ts';
import type { Redeliveries } from '../../redeliveries.ts';
import { identityOf, type Job, type Owner } from './job.ts';

/** What a worker tells of a job in its own time, once the processor is done with it. */
const OUTCOMES = new Set<unknown>(['completed', 'failed']);

/** Events of queues, workers and flows. */
export class Outcomes {
  readonly #queue: QueueEvents;
  readonly #hooks: Hooks;
  readonly #redeliveries: Redeliveries;
  readonly #awaited = new WeakMap<object, Processing>();

  constructor(queue: QueueEvents, hooks: Hooks, redeliveries: Redeliveries) {
    this.#queue = queue;
    this.#hooks = hooks;
    this.#redeliveries = redeliveries;
  }

  /** A job is processed; its outcome will be told, if a listener wants to know: to remember each for nobody is dear. */
  await(worker: EventEmitter, job: Job, processing: Processing): void {
    if (worker.listenerCount('completed') > 0 || worker.listenerCount('failed') > 0) this.#awaited.set(job, processing);
  }

  /** Listeners are the application's: those of a job's outcome run as part of its trace, all others as called from nowhere. */
  observe(prototype: { emit: unknown }): void {
    const hooks = this.#hooks;
    const outcomes = this;
    hooks.wrap(prototype, 'emit', (original) => {
      return function (this: Owner & EventEmitter, ...args: unknown[]) {
        if (!hooks.active) return original.apply(this, args);
        const [event, job] = args;
        const outcome = OUTCOMES.has(event) && typeof job === 'object' && job !== null ? (job as Job) : undefined;
        if (outcome) guard('bullmq outcome', () => outcomes.#note(this, event === 'failed', outcome));
        if (this.listenerCount(event as string) === 0) return original.apply(this, args);
        const processing = outcome && outcomes.#awaited.get(outcome);
        if (processing) return processing.run(original, this, args);
        return outcomes.#queue.foreground(original, this, args);
      };
    });
  }

  #note(owner: Owner, isFailed: boolean, job: Job): void {
    if (owner.opts?.telemetry || (!isFailed && this.#redeliveries.isEmpty)) return;
    const key = identityOf(owner, job);
    if (isFailed) this.#redeliveries.failed(key, typeof job.delay === 'number' && job.delay > 0 ? job.delay : 0);
    else this.#redeliveries.succeeded(key);
  }
}
