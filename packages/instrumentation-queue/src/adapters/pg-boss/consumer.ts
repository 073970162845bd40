import { guard, whenSettled, type Hooks } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import type { Database } from './database.ts';
import { isInternal, type Job } from './job.ts';
import { JobReader } from './job-reader.ts';
import { JobsInHand } from './jobs-in-hand.ts';
import { databaseOf, type Manager, type Worker } from './manager.ts';
import { failingWith } from './trace-column.ts';

type Handler = (this: unknown, jobs: Job[], ...rest: unknown[]) => unknown;

/**
 * Workers, fetching by hand, and what becomes of the jobs.
 *
 * @param native the version has a `Telemetry` of its own, whose workers fetch past `Manager.fetch`
 */
export function observeConsumers(prototype: Manager, queue: QueueEvents, hooks: Hooks, native: boolean): void {
  const inHand = new JobsInHand(queue);
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
        hooks.active && !isOptedOut(manager) ? guard('pg-boss work', () => inHand.begin(name, jobs)) : undefined;
      // The loop that calls it runs in the background, for good: whatever becomes of us, the handler does not.
      if (!handling) return queue.foreground(handler, this, args);
      let result: unknown;
      try {
        result = handling.processing.run(handler, this, args);
      } catch (error) {
        guard('pg-boss work', () => inHand.threw(handling, error));
        throw error;
      }
      return whenSettled(
        result,
        (value) => inHand.returned(handling, perJob, value),
        (error) => inHand.threw(handling, error),
      );
    };
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
      const read = byHand ? (jobs: Job[]) => inHand.take(String(name), jobs, since) : undefined;
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

  for (const method of ['complete', 'cancel', 'deleteJob', 'fail'] as const) {
    hooks.wrap(prototype, method, (original) => {
      return function (this: Manager, ...args: unknown[]) {
        if (!hooks.active) return original.apply(this, args);
        guard(`pg-boss ${method}`, () => inHand.settle(args[1], method === 'fail', args[2]));
        const given = method === 'fail' && !native ? guard('pg-boss fail', () => keepingTrace(this, args)) : undefined;
        return original.apply(this, given ?? args);
      };
    });
  }
}

/** `fail(name, ids, data, options)`; a transaction of the application's is left alone. */
function keepingTrace(manager: Manager, args: unknown[]): unknown[] | undefined {
  const [name, ids, data, options] = args as [unknown, unknown, unknown, { db?: Database } | undefined];
  // Then it fails a job with several statements, within a transaction that it begins itself.
  if (options?.db || manager.config?.noMultiMutationCte) return undefined;
  const db = databaseOf(manager, options);
  return db && [name, ids, data, { ...options, db: failingWith(db) }];
}

/** The application turned pg-boss' own telemetry off. */
function isOptedOut(manager: Manager): boolean {
  return manager.config?.openTelemetry?.enabled === false;
}
