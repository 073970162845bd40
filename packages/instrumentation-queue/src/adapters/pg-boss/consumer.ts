import { guard, HandOver, whenSettled, type Hooks } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import type { Database } from './database.ts';
import { isInternal, type Job } from './job.ts';
import { JobReader } from './job-reader.ts';
import { JobsInHand } from './jobs-in-hand.ts';
import { databaseOf, type Manager, type Worker } from './manager.ts';
import { failingWith } from './trace-column.ts';

type Handler = (this: unknown, jobs: Job[], ...rest: unknown[]) => unknown;

/** @param native with a `Telemetry`, whose workers bypass `Manager.fetch` */
export function observeConsumers(prototype: Manager, queue: QueueEvents, hooks: Hooks, native: boolean): void {
  const inHand = new JobsInHand(queue);
  /** A worker's `fetch` calls `assertDb` synchronously; else its jobs have no trace. */
  const polling = new HandOver<Worker>();

  hooks.before(prototype, 'work', (manager: Manager, args) => {
    // `checkWorkArgs` of attorney.js: work(name, handler), work(name, options, handler).
    const at = args.length > 2 ? 2 : 1;
    const handler = args[at];
    if (isInternal(args[0]) || typeof handler !== 'function') return;
    const perJob = at === 2 && (args[1] as { perJobResults?: boolean } | undefined)?.perJobResults === true;
    args[at] = observedHandler(manager, String(args[0]), handler as Handler, perJob);
  });

  function observedHandler(manager: Manager, name: string, handler: Handler, perJob: boolean): Handler {
    return function (...args) {
      const [jobs] = args;
      const handling =
        hooks.active && !isOptedOut(manager) ? guard('pg-boss work', () => inHand.begin(name, jobs)) : undefined;
      // The loop stays in the background context after disable; the handler must not.
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

  hooks.before(prototype, 'addWorker', (_manager, [worker]) => observeWorker(worker));

  /** It must not inherit `work`'s context. */
  function observeWorker(worker: Worker): void {
    const { start, fetch, name } = worker;
    worker.start = () => queue.background(start, worker, []);
    if (!native || isInternal(name)) return;
    worker.fetch = () => {
      const outer = polling.offer(worker);
      try {
        return fetch.call(worker);
      } finally {
        polling.end(worker, outer);
      }
    };
  }

  hooks.before(prototype, 'fetch', (manager: Manager, args) => {
    const [name, options] = args as [unknown, { db?: Database } | undefined];
    if (isInternal(name)) return;
    const db = databaseOf(manager, options);
    if (!db || isOptedOut(manager)) return;
    const since = performance.now();
    // A worker's loop is in the background, where no fetch is recorded.
    const read = (jobs: Job[]): void => inHand.take(String(name), jobs, since);
    args[1] = { ...options, db: new JobReader(db, db === manager.db, read) };
  });

  if (native) {
    hooks.returning(prototype as Required<Manager>, 'assertDb', (db: Database, manager: Manager) =>
      polling.take() && !isOptedOut(manager) ? new JobReader(db, db === manager.db) : db,
    );
  }

  // Unfetched jobs: (name, id, options), (name, options).
  for (const [method, at] of [
    ['getJobById', 2],
    ['findJobs', 1],
  ] as const) {
    if (!prototype[method]) continue;
    hooks.before(prototype as Required<Manager>, method, (manager: Manager, args) => {
      const options = args[at] as { db?: Database } | undefined;
      const db = databaseOf(manager, options);
      if (db) args[at] = { ...options, db: new JobReader(db, false) };
    });
  }

  for (const method of ['complete', 'cancel', 'deleteJob', 'fail'] as const) {
    hooks.before(prototype, method, (manager: Manager, args) => {
      const [, ids, reason] = args;
      guard(`pg-boss ${method}`, () => inHand.settle(ids, method === 'fail', reason));
      if (method === 'fail' && !native) keepTrace(manager, args);
    });
  }
}

/** `fail(name, ids, data, options)`, without the application's transaction. */
function keepTrace(manager: Manager, args: unknown[]): void {
  const options = args[3] as { db?: Database } | undefined;
  // `noMultiMutationCte`: several statements in its transaction.
  if (options?.db || manager.config?.noMultiMutationCte) return;
  const db = databaseOf(manager, options);
  if (db) args[3] = { ...options, db: failingWith(db) };
}

function isOptedOut(manager: Manager): boolean {
  return manager.config?.openTelemetry?.enabled === false;
}
