import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventEmitter } from 'node:events';
import { guard, whenSettled, type Hooks } from '@foreshock/kit';
import type { Processing, QueueEvents, Taken } from '../../events.ts';
import type { DueTimes } from './due-times.ts';
import { isPutOff, messageOf, type Job, type Owner } from './job.ts';
import type { Outcomes } from './outcomes.ts';

interface Worker extends Owner, EventEmitter {
  run: unknown;
  callProcessJob: unknown;
  getNextJob: unknown;
  _getNextJob: unknown;
}

/** Since when, `performance.now()`, and by which worker a job is fetched by hand. */
interface Fetching {
  readonly worker: Worker;
  readonly since: number;
}

interface JobClass {
  fromJSON: unknown;
  prototype: { moveToCompleted: unknown; moveToFailed: unknown; asJSONSandbox: unknown };
}

/** Workers, and jobs fetched by hand. */
export class Consumers {
  readonly #queue: QueueEvents;
  readonly #hooks: Hooks;
  readonly #outcomes: Outcomes;
  readonly #taken = new WeakMap<object, { worker: Worker; taken: Taken }>();
  /** A job is fetched by hand, not by the worker's own loop. */
  readonly #byHand = new AsyncLocalStorage<number>();
  /** A job that was fetched by hand is ended. */
  readonly #ending = new AsyncLocalStorage<Fetching>();
  /** What that fetched along, before it is made a job. */
  readonly #fetched = new WeakMap<object, Fetching>();
  readonly #dueTimes: DueTimes;

  constructor(queue: QueueEvents, hooks: Hooks, dueTimes: DueTimes, outcomes: Outcomes) {
    this.#queue = queue;
    this.#hooks = hooks;
    this.#dueTimes = dueTimes;
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
        return whenSettled(
          result,
          () => processing.succeeded(),
          (error) => end(processing, error),
        );
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

  /** dist/cjs/classes/job.js: the end of a job, by the worker or by who fetched it by hand. */
  observeJob(Job: JobClass): void {
    const { prototype } = Job;
    const hooks = this.#hooks;
    const consumers = this;
    for (const method of ['moveToCompleted', 'moveToFailed'] as const) {
      hooks.wrap(prototype, method, (original) => {
        return function (this: Job, ...args: unknown[]) {
          if (hooks.active && method === 'moveToFailed') consumers.#dueTimes.failing(this);
          const found = hooks.active ? consumers.#taken.get(this) : undefined;
          if (!found) return original.apply(this, args);
          consumers.#taken.delete(this);
          guard('bullmq job', () => found.taken.settled(method === 'moveToFailed' ? { error: args[0] } : undefined));
          // Unless it is told not to, bullmq fetches the next job in the same turn, as JSON.
          const ending = { worker: found.worker, since: performance.now() };
          return consumers.#ending.run(ending, Reflect.apply, original, this, args);
        };
      });
    }

    // Of such JSON the application makes a job.
    hooks.wrap(Job, 'fromJSON', (original) => {
      return function (this: unknown, ...args: unknown[]) {
        const job = original.apply(this, args) as Job;
        const json = args[1];
        const fetched =
          hooks.active && typeof json === 'object' && json !== null ? consumers.#fetched.get(json) : undefined;
        if (fetched) {
          consumers.#fetched.delete(json as object);
          guard('bullmq job', () => consumers.#take(fetched.worker, job, fetched.since));
        }
        return job;
      };
    });

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

  /** `moveToFinished` of dist/cjs/classes/scripts.js, of 6 of redis-queue-backend.js: awaited by what ends a job. */
  observeEnding(prototype: { moveToFinished: unknown }): void {
    const hooks = this.#hooks;
    const consumers = this;
    hooks.wrap(prototype, 'moveToFinished', (original) => {
      return function (this: unknown, ...args: unknown[]) {
        const result = original.apply(this, args) as Promise<unknown>;
        const ending = hooks.active ? consumers.#ending.getStore() : undefined;
        if (ending) {
          result.then(
            (value) => {
              const json: unknown = Array.isArray(value) ? value[0] : undefined;
              if (typeof json === 'object' && json !== null) consumers.#fetched.set(json, ending);
            },
            () => {},
          );
        }
        return result;
      };
    });
  }

  #begin(worker: Worker, job: Job): Processing | undefined {
    const message = messageOf(worker, job, this.#dueTimes);
    const processing = this.#queue.process({ system: 'bullmq', destination: worker.name, messages: [message] });
    if (processing) this.#outcomes.await(worker, job, processing);
    return processing;
  }

  #take(worker: Worker, job: Job, since: number): void {
    const message = messageOf(worker, job, this.#dueTimes);
    const [taken] =
      this.#queue.received({ system: 'bullmq', destination: worker.name, messages: [message] }, since) ?? [];
    if (taken) this.#taken.set(job, { worker, taken });
  }
}

function end(processing: Processing, error: unknown): void {
  if (isPutOff(error)) processing.succeeded();
  else processing.failed({ error });
}
