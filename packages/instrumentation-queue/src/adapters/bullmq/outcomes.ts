import type { EventEmitter } from 'node:events';
import { guard, type Hooks } from '@foreshock/kit';
import type { Processing, QueueEvents } from '../../events.ts';
import type { DueTimes } from './due-times.ts';
import type { Job, Owner } from './job.ts';

/** Events of a worker about a job, some time after the processor is done with it. */
const OUTCOMES = new Set<unknown>(['completed', 'failed']);

/** Events of queues, workers and flows. */
export class Outcomes {
  readonly #queue: QueueEvents;
  readonly #hooks: Hooks;
  readonly #dueTimes: DueTimes;
  readonly #awaited = new WeakMap<object, Processing>();

  constructor(queue: QueueEvents, hooks: Hooks, dueTimes: DueTimes) {
    this.#queue = queue;
    this.#hooks = hooks;
    this.#dueTimes = dueTimes;
  }

  /** A job is processed; its outcome will be an event. Without a listener it need not be remembered. */
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

  /** Events of `QueueEvents`, which reads them from the server: each is a message. */
  observeEvents(prototype: { emit: unknown }): void {
    const hooks = this.#hooks;
    const queue = this.#queue;
    hooks.wrap(prototype, 'emit', (original) => {
      return function (this: { name: string } & EventEmitter, ...args: unknown[]) {
        if (!hooks.active || this.listenerCount(args[0] as string) === 0) return original.apply(this, args);
        return queue.event(this.name, original, this, args);
      };
    });
  }

  #note(owner: Owner, isFailed: boolean, job: Job): void {
    if (owner.opts?.telemetry) return;
    if (isFailed && job.finishedOn === undefined) this.#dueTimes.failed(owner, job);
    else this.#dueTimes.delete(owner, job);
  }
}
