import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventEmitter } from 'node:events';
import { guard, type Hooks } from '@foreshock/kit';
import type { Processing, QueueEvents, Taken } from '../../events.ts';
import type { Redeliveries } from '../../redeliveries.ts';
import { whenSettled } from '../../settled.ts';
import { isPutOff, messageOf, type Job, type Owner } from './job.ts';
import type { Outcomes } from './outcomes.ts';

interface Worker extends Owner, EventEmitter {
  run: unknown;
  callProcessJob: unknown;
  getNextJob: unknown;
  _getNextJob: unknown;
}

/** Workers, and jobs fetched by hand. */
export class Consumers {
  readonly #queue: QueueEvents;
  readonly #hooks: Hooks;
  readonly #outcomes: Outcomes;
  readonly #taken = new WeakMap<object, Taken>();
  /** A job is fetched by hand, not by the worker's own loop. */
  readonly #byHand = new AsyncLocalStorage<number>();
  readonly #redeliveries: Redeliveries;

  constructor(queue: QueueEvents, hooks: Hooks, redeliveries: Redeliveries, outcomes: Outcomes) {
    this.#queue = queue;
    this.#hooks = hooks;
    this.#redeliveries = redeliveries;
    this.#outcomes = outcomes;
  }

  /** dist/cjs/classes/worker.js; a worker to which the application gave telemetry is its own. */
  observeWorker(prototype: Worker): void {
    const hooks = this.#hooks;
    const consumers = this;

    // The loop that fetches, and with it the renewal of locks and the search for stalled jobs.
    hooks.wrap(prototype, 'run', (original) => {
      return function (this: Worker, ...args: unknown[]) {
        if (!hooks.active || this.opts?.telemetry) return original.apply(this, args);
        return consumers.#queue.background(original, this, args);
      };
    });

    // Calls the application's function, or the one that sends the job to a process of its own, and is awaited.
    hooks.wrap(prototype, 'callProcessJob', (original) => {
      return function (this: Worker, ...args: unknown[]) {
        if (this.opts?.telemetry) return original.apply(this, args);
        const job = args[0] as Job;
        const processing = hooks.active ? guard('bullmq process', () => consumers.#begin(this, job)) : undefined;
        if (!processing) return consumers.#queue.foreground(original, this, args);
        let result: unknown;
        try {
          result = processing.run(original, this, args);
        } catch (error) {
          guard('bullmq process', () => end(processing, error));
          throw error;
        }
        guard('bullmq process', () => {
          result = whenSettled(
            result,
            () => guard('bullmq process', () => processing.succeeded()),
            (error) => guard('bullmq process', () => end(processing, error)),
          );
        });
        return result;
      };
    });

    hooks.wrap(prototype, 'getNextJob', (original) => {
      return function (this: Worker, ...args: unknown[]) {
        if (!hooks.active || this.opts?.telemetry) return original.apply(this, args);
        return consumers.#byHand.run(performance.now(), Reflect.apply, original, this, args);
      };
    });

    hooks.wrap(prototype, '_getNextJob', (original) => {
      return function (this: Worker, ...args: unknown[]) {
        const result = original.apply(this, args) as Promise<Job | undefined>;
        const since = consumers.#byHand.getStore();
        // Awaited by `getNextJob`.
        if (hooks.active && since !== undefined) {
          result.then(
            (job) => guard('bullmq getNextJob', () => job && consumers.#take(this, job, since)),
            () => {},
          );
        }
        return result;
      };
    });
  }

  /** dist/cjs/classes/job.js: the end of a job, told by the worker or by who fetched it by hand. */
  observeJob(prototype: { moveToCompleted: unknown; moveToFailed: unknown; asJSONSandbox: unknown }): void {
    const hooks = this.#hooks;
    const consumers = this;
    for (const method of ['moveToCompleted', 'moveToFailed'] as const) {
      hooks.wrap(prototype, method, (original) => {
        return function (this: Job, ...args: unknown[]) {
          const taken = hooks.active ? consumers.#taken.get(this) : undefined;
          if (taken) {
            consumers.#taken.delete(this);
            guard('bullmq job', () => taken.settled(method === 'moveToFailed' ? { error: args[0] } : undefined));
          }
          return original.apply(this, args);
        };
      });
    }

    // To a processor in a process or thread of its own, whose part of the trace comes below the job's.
    hooks.wrap(prototype, 'asJSONSandbox', (original) => {
      return function (this: Job & { queueName?: string }, ...args: unknown[]) {
        const json = original.apply(this, args) as { opts?: { telemetry?: object } };
        const metadata = hooks.active
          ? guard('bullmq sandbox', () => consumers.#queue.carrier(String(this.queueName)))
          : undefined;
        if (!metadata) return json;
        const telemetry = { ...json.opts?.telemetry, metadata: JSON.stringify(metadata) };
        return { ...json, opts: { ...json.opts, telemetry } };
      };
    });
  }

  #begin(worker: Worker, job: Job): Processing | undefined {
    const message = messageOf(worker, job, this.#redeliveries);
    const processing = this.#queue.process({ system: 'bullmq', destination: worker.name, messages: [message] });
    if (processing) this.#outcomes.await(worker, job, processing);
    return processing;
  }

  #take(worker: Worker, job: Job, since: number): void {
    const message = messageOf(worker, job, this.#redeliveries);
    const [taken] =
      this.#queue.received({ system: 'bullmq', destination: worker.name, messages: [message] }, since) ?? [];
    if (taken) this.#taken.set(job, taken);
  }
}

function end(processing: Processing, error: unknown): void {
  if (isPutOff(error)) processing.succeeded();
  else processing.failed({ error });
}
