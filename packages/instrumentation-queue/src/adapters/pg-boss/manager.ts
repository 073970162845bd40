import type { Database } from './database.ts';

/** pg-boss' `Manager` (src/manager.js, dist/manager.js), as far as it is watched. */
export interface Manager {
  db: Database & { _pgbdb?: boolean; opened?: boolean };
  config?: { openTelemetry?: { enabled?: boolean }; noMultiMutationCte?: boolean };
  work(name: string, ...args: unknown[]): unknown;
  addWorker(worker: Worker): void;
  fetch(name: string, options?: { db?: Database }): unknown;
  getJobById(name: string, id: string, options?: { db?: Database }): unknown;
  complete: unknown;
  cancel: unknown;
  deleteJob: unknown;
  fail: unknown;
  createJob: unknown;
  insert: unknown;
  /** From 11. */
  assertDb?: (options: { db?: Database }) => Database;
  /** Later 12s. */
  findJobs?: (name: string, options?: { db?: Database }) => unknown;
}

/** One loop that fetches and hands over (src/worker.js, dist/worker.js). */
export interface Worker {
  name: string;
  start(): unknown;
  fetch(): unknown;
}

/** The database a call goes to; undefined when it will be refused for not being open. */
export function databaseOf({ db }: Manager, options: { db?: Database } | undefined): Database | undefined {
  if (options?.db) return options.db;
  return db?._pgbdb && !db.opened ? undefined : db;
}
