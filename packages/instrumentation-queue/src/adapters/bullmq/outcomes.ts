import type { EventEmitter } from 'node:events';
import { guard, type Hooks, type Runner } from '@foreshock/kit';
import type { Processing, QueueEvents } from '../../events.ts';
import type { DueTimes } from './due-times.ts';
import type { Job, Owner } from './job.ts';

const OUTCOMES = new Set<unknown>(['completed', 'failed']);

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

  /** Only listeners need it. */
  await(worker: EventEmitter, job: Job, processing: Processing): void {
    if (worker.listenerCount('completed') > 0 || worker.listenerCount('failed') > 0) this.#awaited.set(job, processing);
  }

  /** Outcome listeners have the job's trace, others none. */
  observe(prototype: { emit: unknown }): void {
    const elsewhere: Runner = { run: this.#queue.foreground };
    this.#hooks.calls(prototype, 'emit', {
      begin: (emitter: Owner & EventEmitter, [event, job]): Runner | undefined => {
        const outcome = OUTCOMES.has(event) && typeof job === 'object' && job !== null ? (job as Job) : undefined;
        if (outcome) guard('bullmq outcome', () => this.#note(emitter, event === 'failed', outcome));
        if (emitter.listenerCount(event as string) === 0) return undefined;
        return (outcome && this.#awaited.get(outcome)) ?? elsewhere;
      },
      within: (where) => where,
    });
  }

  /** `QueueEvents` reads Redis: each is a message. */
  observeEvents(prototype: { emit: unknown }): void {
    this.#hooks.calls(prototype, 'emit', {
      begin: (emitter: { name: string } & EventEmitter, [event]) =>
        emitter.listenerCount(event) === 0 ? undefined : this.#queue.event(emitter.name),
      within: (message) => message,
    });
  }

  #note(owner: Owner, isFailed: boolean, job: Job): void {
    if (owner.opts?.telemetry) return;
    if (isFailed && job.finishedOn === undefined) this.#dueTimes.failed(owner, job);
    else this.#dueTimes.delete(owner, job);
  }
}
