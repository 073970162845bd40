import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventEmitter } from 'node:events';
import { guard, type Hooks, type Run, type Runner } from '@foreshock/kit';
import type { Processing, QueueEvents, Taken } from '../../events.ts';
import type { DueTimes } from './due-times.ts';
import type { Job, Owner } from './job.ts';
import { messageOf } from './message.ts';
import { isPutOff } from './put-off.ts';
import type { Outcomes } from './outcomes.ts';

interface Worker extends Owner, EventEmitter {
  run: unknown;
  callProcessJob: unknown;
  getNextJob: unknown;
  _getNextJob: unknown;
}

/** `since`: `performance.now()`. */
interface Fetching {
  readonly worker: Worker;
  readonly since: number;
}

interface JobClass {
  fromJSON: unknown;
  prototype: { moveToCompleted: unknown; moveToFailed: unknown; asJSONSandbox: unknown };
}

export class Consumers {
  readonly #queue: QueueEvents;
  readonly #hooks: Hooks;
  readonly #outcomes: Outcomes;
  readonly #taken = new WeakMap<object, { worker: Worker; taken: Taken }>();
  /** Unset in the worker's loop. */
  readonly #byHand = new AsyncLocalStorage<number>();
  /** While a manually fetched job ends. */
  readonly #ending = new AsyncLocalStorage<Fetching>();
  readonly #fetched = new WeakMap<object, Fetching>();
  readonly #dueTimes: DueTimes;

  constructor(queue: QueueEvents, hooks: Hooks, dueTimes: DueTimes, outcomes: Outcomes) {
    this.#queue = queue;
    this.#hooks = hooks;
    this.#dueTimes = dueTimes;
    this.#outcomes = outcomes;
  }

  /** dist/cjs/classes/worker.js; not with own telemetry. */
  observeWorker(prototype: Worker): void {
    const hooks = this.#hooks;
    const { background, foreground } = this.#queue;
    const own = (worker: Worker): boolean => !worker.opts?.telemetry;

    // Fetching, lock renewal, stalled check.
    const upkeep: Runner = { run: background };
    hooks.calls(prototype, 'run', {
      begin: (worker: Worker) => (own(worker) ? upkeep : undefined),
      within: (where) => where,
    });

    // Also for sandboxes; awaited.
    const untraced: Runner = { run: foreground };
    hooks.calls(prototype, 'callProcessJob', {
      begin: (worker: Worker, [job]): Runner | Processing | undefined =>
        own(worker) ? (guard('bullmq process', () => this.#begin(worker, job)) ?? untraced) : undefined,
      within: (processing) => processing,
      succeeded: (processing) => end(processing, undefined),
      failed: (processing, error) => end(processing, { error }),
    });

    hooks.calls(prototype, 'getNextJob', {
      begin: (worker: Worker): Runner | undefined => {
        const since = performance.now();
        const run: Run = (fn, self, args) => this.#byHand.run(since, Reflect.apply<any, any, any>, fn, self, args);
        return own(worker) ? { run } : undefined;
      },
      within: (where) => where,
    });

    // `getNextJob` awaits it.
    hooks.calls(prototype, '_getNextJob', {
      begin: (worker: Worker) => {
        const since = this.#byHand.getStore();
        return since === undefined ? undefined : { worker, since };
      },
      succeeded: ({ worker, since }, job) => job && this.#take(worker, job, since),
    });
  }

  /** dist/cjs/classes/job.js: all jobs end here. */
  observeJob(Job: JobClass): void {
    const { prototype } = Job;
    const hooks = this.#hooks;
    for (const method of ['moveToCompleted', 'moveToFailed'] as const) {
      hooks.calls(prototype, method, {
        begin: (job: Job, [reason]): Runner | undefined => {
          if (method === 'moveToFailed') this.#dueTimes.failing(job);
          const found = this.#taken.get(job);
          if (!found) return undefined;
          this.#taken.delete(job);
          guard('bullmq job', () => found.taken.settled(method === 'moveToFailed' ? { error: reason } : undefined));
          // By default this fetches the next job's JSON in the same turn.
          const ending = { worker: found.worker, since: performance.now() };
          return { run: (fn, self, args) => this.#ending.run(ending, Reflect.apply<any, any, any>, fn, self, args) };
        },
        within: (where) => where,
      });
    }

    hooks.after(Job, 'fromJSON', (job: Job, _Job, [, json]) => {
      const fetched = typeof json === 'object' && json !== null ? this.#fetched.get(json) : undefined;
      if (!fetched) return;
      this.#fetched.delete(json);
      this.#take(fetched.worker, job, fetched.since);
    });

    // A sandbox's spans belong below the job's.
    hooks.returning(prototype, 'asJSONSandbox', (json: { opts?: { telemetry?: object } }, { queueName }) => {
      const metadata = this.#queue.carrier(String(queueName));
      if (!metadata) return json;
      const telemetry = { ...json.opts?.telemetry, metadata: JSON.stringify(metadata) };
      return { ...json, opts: { ...json.opts, telemetry } };
    });
  }

  /** `moveToFinished` of dist/cjs/classes/scripts.js, in 6 of redis-queue-backend.js; awaited. */
  observeEnding(prototype: { moveToFinished: unknown }): void {
    this.#hooks.calls(prototype, 'moveToFinished', {
      begin: () => this.#ending.getStore(),
      succeeded: (ending, value) => {
        const json: unknown = Array.isArray(value) ? value[0] : undefined;
        if (typeof json === 'object' && json !== null) this.#fetched.set(json, ending);
      },
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

function end(processing: Runner | Processing, failure: { error: unknown } | undefined): void {
  if (!('succeeded' in processing)) return;
  if (failure && !isPutOff(failure.error)) return processing.failed(failure);
  if (failure) processing.settled('requeue');
  processing.succeeded();
}
