import type { Database } from './database.ts';

/** src/manager.js, dist/manager.js. */
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

/** src/worker.js, dist/worker.js. */
export interface Worker {
  name: string;
  start(): unknown;
  fetch(): unknown;
}

/** Undefined: closed, and refused. */
export function databaseOf({ db }: Manager, options: { db?: Database } | undefined): Database | undefined {
  if (options?.db) return options.db;
  return db?._pgbdb && !db.opened ? undefined : db;
}
