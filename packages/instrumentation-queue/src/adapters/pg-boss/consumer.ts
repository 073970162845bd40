import { guard, type Hooks } from '@foreshock/kit';
import type { Delivery, Failure, Processing, QueueEvents, Taken } from '../../events.ts';
import { whenSettled } from '../../settled.ts';
import { isDeadLettered, isInternal, JobReader, messageOf, type Database, type Job } from './job.ts';
import { databaseOf, type Manager, type Worker } from './manager.ts';

/** Messages taken by hand and not settled here, remembered at most: many processes only fetch. */
const MAX_TAKEN = 1_000;

/** `resolveWithinSeconds` and `failWip` (manager.js) say it in words alone. */
const TIMED_OUT = 'handler execution exceeded ';
const SHUT_DOWN = 'pg-boss shut down while active';

type Handler = (this: unknown, jobs: Job[], ...rest: unknown[]) => unknown;

/** A handler at work. */
interface Handling {
  processing: Processing;
  jobs: Job[];
  /** What the handler itself failed, with `fail()`. */
  failed: Map<Job, unknown>;
}

/**
 * Workers, fetching by hand, and what becomes of the jobs.
 *
 * @param native the version has a `Telemetry` of its own, which fetches past `Manager.fetch`
 */
export function observeConsumers(prototype: Manager, queue: QueueEvents, hooks: Hooks, native: boolean): void {
  const running = new Map<string, Handling>();
  const taken = new Map<string, { taken: Taken; job: Job }>();
  /** A worker is asking for its jobs, synchronously down to `fetch` or `assertDb`. */
  let polling = false;

  hooks.wrap(prototype, 'work', (original) => {
    return function (this: Manager, ...args: unknown[]) {
      // work(name, handler), work(name, options, handler): `checkWorkArgs` of attorney.js.
      const at = args.length > 2 ? 2 : 1;
      const handler = args[at];
      if (!hooks.active || isInternal(args[0]) || typeof handler !== 'function') return original.apply(this, args);
      const perJob = at === 2 && (args[1] as { perJobResults?: boolean } | undefined)?.perJobResults === true;
      const given = [...args];
      given[at] = observedHandler(this, String(args[0]), handler as Handler, perJob);
      return original.apply(this, given);
    };
  });

  function observedHandler(manager: Manager, name: string, handler: Handler, perJob: boolean): Handler {
    return function (...args) {
      const [jobs] = args;
      const handling =
        hooks.active && !isOptedOut(manager) ? guard('pg-boss work', () => begin(name, jobs)) : undefined;
      // The loop that calls it runs in the background, for good: whatever becomes of us, the handler does not.
      if (!handling) return queue.foreground(handler, this, args);
      let result: unknown;
      try {
        result = handling.processing.run(handler, this, args);
      } catch (error) {
        guard('pg-boss work', () => finish(handling, failureOf(handling.jobs, error)));
        throw error;
      }
      guard('pg-boss work', () => {
        result = whenSettled(
          result,
          (value) => guard('pg-boss work', () => finish(handling, outcomeOf(handling, perJob, value))),
          (error) => guard('pg-boss work', () => finish(handling, failureOf(handling.jobs, error))),
        );
      });
      return result;
    };
  }

  function begin(name: string, jobs: Job[]): Handling | undefined {
    const processing = queue.process(deliveryOf(name, jobs));
    if (!processing) return undefined;
    const handling: Handling = { processing, jobs: [...jobs], failed: new Map() };
    for (const { id } of jobs) running.set(id, handling);
    return handling;
  }

  function finish(handling: Handling, failure: Failure | undefined): void {
    for (const { id } of handling.jobs) {
      if (running.get(id) === handling) running.delete(id);
    }
    if (failure) handling.processing.failed(failure);
    else handling.processing.succeeded();
  }

  hooks.wrap(prototype, 'addWorker', (original) => {
    return function (this: Manager, worker: Worker) {
      if (hooks.active) guard('pg-boss work', () => observeWorker(worker));
      return original.call(this, worker);
    };
  });

  /** Its loop is nobody's request, even if the request that called `work` is the one it would inherit from. */
  function observeWorker(worker: Worker): void {
    const { start, fetch, name } = worker;
    worker.start = () => queue.background(start, worker, []);
    if (isInternal(name)) return;
    worker.fetch = () => {
      polling = true;
      try {
        return fetch.call(worker);
      } finally {
        polling = false;
      }
    };
  }

  hooks.wrap(prototype, 'fetch', (original) => {
    return function (this: Manager, ...args: unknown[]) {
      const byHand = !polling;
      polling = false;
      const [name, options, ...rest] = args as [unknown, { db?: Database } | undefined, ...unknown[]];
      if (!hooks.active || isInternal(name)) return original.apply(this, args);
      const db = databaseOf(this, options);
      if (!db || isOptedOut(this)) return original.apply(this, args);
      const since = performance.now();
      const read = byHand ? (jobs: Job[]) => take(String(name), jobs, since) : undefined;
      return original.call(this, name, { ...options, db: new JobReader(db, db === this.db, read) }, ...rest);
    };
  });

  if (native) {
    hooks.wrap(prototype as Required<Manager>, 'assertDb', (original) => {
      return function (this: Manager, ...args: unknown[]) {
        const db = original.apply(this, args);
        if (!polling || !hooks.active || isOptedOut(this)) return db;
        polling = false;
        return new JobReader(db, db === this.db);
      };
    });
  }

  // Jobs that are only looked at: (name, id, options) and (name, options).
  for (const [method, at] of [
    ['getJobById', 2],
    ['findJobs', 1],
  ] as const) {
    if (!prototype[method]) continue;
    hooks.wrap(prototype as Required<Manager>, method, (original) => {
      return function (this: Manager, ...args: unknown[]) {
        const options = args[at] as { db?: Database } | undefined;
        const db = hooks.active ? databaseOf(this, options) : undefined;
        if (db) args[at] = { ...options, db: new JobReader(db, false) };
        return original.apply(this, args);
      };
    });
  }

  function take(name: string, jobs: Job[], since: number): void {
    const held = queue.received(deliveryOf(name, jobs), since);
    held?.forEach((each, index) => {
      const job = jobs[index]!;
      taken.set(job.id, { taken: each, job });
    });
    for (const id of taken.keys()) {
      if (taken.size <= MAX_TAKEN) break;
      taken.delete(id);
    }
  }

  for (const method of ['complete', 'cancel', 'deleteJob', 'fail'] as const) {
    hooks.wrap(prototype, method, (original) => {
      return function (this: Manager, ...args: unknown[]) {
        if (hooks.active) guard(`pg-boss ${method}`, () => settle(args[1], method === 'fail', args[2]));
        return original.apply(this, args);
      };
    });
  }

  /** @param ids an id, a job, or several of either */
  function settle(ids: unknown, isFailure: boolean, reason: unknown): void {
    for (const each of [ids].flat()) {
      const id = typeof each === 'string' ? each : (each as Partial<Job> | null | undefined)?.id;
      if (id === undefined) continue;
      const handling = running.get(id);
      if (!handling) settleTaken(id, isFailure, reason);
      else if (isFailure) failRunning(handling, id, reason);
      else handling.processing.acknowledged();
    }
  }

  function settleTaken(id: string, isFailure: boolean, reason: unknown): void {
    const found = taken.get(id);
    if (!found) return;
    taken.delete(id);
    found.taken.settled(isFailure ? failureOf([found.job], reason) : undefined);
  }

  /** A job fails while its handler runs: pg-boss gave up on the handler, or the handler on the job. */
  function failRunning(handling: Handling, id: string, reason: unknown): void {
    if (reason === SHUT_DOWN) {
      finish(handling, { ...failureOf(handling.jobs, new Error(SHUT_DOWN)), type: 'shutdown' });
    } else if (reason instanceof Error && reason.message.startsWith(TIMED_OUT)) {
      finish(handling, { ...failureOf(handling.jobs, reason), type: 'timeout' });
    } else {
      const job = handling.jobs.find((candidate) => candidate.id === id)!;
      handling.failed.set(job, reason ?? new Error('failed by its handler'));
    }
  }
}

/** The application turned pg-boss' own telemetry off. */
function isOptedOut(manager: Manager): boolean {
  return manager.config?.openTelemetry?.enabled === false;
}

function deliveryOf(name: string, jobs: Job[]): Delivery {
  return { system: 'pg-boss', destination: name, messages: jobs.map(messageOf) };
}

function failureOf(jobs: Iterable<Job>, error: unknown): Failure {
  return { error, deadLettered: [...jobs].some((job) => isDeadLettered(job)) };
}

/** A handler may return and yet have failed jobs: by hand, or with `perJobResults` (12). */
function outcomeOf({ jobs, failed }: Handling, perJob: boolean, value: unknown): Failure | undefined {
  const [first] = failed.values();
  if (failed.size > 0) return failureOf(failed.keys(), first);
  return perJob ? failureAmong(jobs, value) : undefined;
}

/** As `#settlePerJob` of manager.js reads it: whatever is not said to be completed has failed. */
function failureAmong(jobs: readonly Job[], results: unknown): Failure | undefined {
  if (!Array.isArray(results)) {
    return failureOf(jobs, new Error('perJobResults handler must resolve with an array of job results'));
  }
  type Result = { id?: unknown; status?: unknown; output?: unknown } | undefined;
  const resultOf = (job: Job): Result => results.findLast((result: Result) => result?.id === job.id);
  const bad = jobs.filter((job) => resultOf(job)?.status !== 'completed');
  if (bad.length === 0) return undefined;
  return {
    error: resultOf(bad[0]!)?.output ?? new Error('no disposition returned by handler'),
    deadLettered: bad.some((job) => isDeadLettered(job, resultOf(job)?.status !== 'deadletter')),
  };
}
