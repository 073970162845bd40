import { DatabaseSync } from 'node:sqlite';
import { STORE_VERSION } from '@foreshock/explain/store';
import { lockStore } from './store-lock.ts';

const PAGE = 16_384;
const WAL_PAGES = 256;

/** A trace's `keep`; lower ones go first. */
export const KEEP = { HEALTHY: 0, NOTABLE: 1, PINNED: 2 } as const;

const TABLES = `
CREATE TABLE IF NOT EXISTS resources (
  id INTEGER PRIMARY KEY, service TEXT NOT NULL, instance TEXT NOT NULL, attributes TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS traces (
  id INTEGER PRIMARY KEY, trace_id TEXT NOT NULL UNIQUE, keep INTEGER NOT NULL,
  start_ms REAL NOT NULL, end_ms REAL NOT NULL, bytes INTEGER NOT NULL,
  root INTEGER NOT NULL, service TEXT NOT NULL, name TEXT NOT NULL, status INTEGER NOT NULL, duration_ms REAL NOT NULL,
  spans INTEGER NOT NULL, errors INTEGER NOT NULL, logs INTEGER NOT NULL,
  waits INTEGER NOT NULL, wait_ms REAL NOT NULL, attempts INTEGER NOT NULL, breaker TEXT
);
CREATE INDEX IF NOT EXISTS traces_by_start ON traces (start_ms, id);
CREATE INDEX IF NOT EXISTS traces_by_keep ON traces (keep, start_ms);
CREATE TABLE IF NOT EXISTS spans (
  trace INTEGER NOT NULL, span_id TEXT NOT NULL, kind INTEGER NOT NULL, parent_id TEXT NOT NULL,
  resource INTEGER NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, start_ms REAL NOT NULL, end_ms REAL NOT NULL,
  status INTEGER NOT NULL, status_message TEXT NOT NULL,
  summary TEXT, attributes TEXT NOT NULL, events TEXT, links TEXT,
  PRIMARY KEY (trace, span_id, kind)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS logs (
  trace INTEGER NOT NULL, time_ms REAL NOT NULL, span_id TEXT NOT NULL, severity TEXT NOT NULL, body TEXT NOT NULL,
  resource INTEGER NOT NULL, attributes TEXT NOT NULL,
  PRIMARY KEY (trace, time_ms, span_id, severity, body)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS eviction (id INTEGER PRIMARY KEY CHECK (id = 1), complete_since REAL NOT NULL);
INSERT OR IGNORE INTO eviction VALUES (1, 0);
`;

export interface OpenDatabase {
  database: DatabaseSync;
  close(): void;
}

/** In file or memory; at most `limitBytes`. */
export function openDatabase(file: string | undefined, limitBytes: number): OpenDatabase {
  let unlock: (() => void) | undefined;
  let database: DatabaseSync | undefined;
  const close = (): void => {
    database?.close();
    unlock?.();
  };
  try {
    if (file !== undefined) unlock = lockStore(file);
    database = new DatabaseSync(file ?? ':memory:');
    database.exec(`PRAGMA page_size = ${PAGE}`);
    if (file !== undefined) {
      checkStore(database);
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
      database.exec(`PRAGMA wal_autocheckpoint = ${WAL_PAGES}; PRAGMA journal_size_limit = ${WAL_PAGES * PAGE}`);
    }
    database.exec(`PRAGMA user_version = ${STORE_VERSION}`);
    database.exec(TABLES);
    setLimit(database, limitBytes);
    return { database, close };
  } catch (error) {
    close();
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** Others stay unchanged. */
function checkStore(database: DatabaseSync): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_master').get() as { tables: number };
  if (version === 0 && tables === 0) return;
  if (version !== STORE_VERSION || !database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'eviction'").get())
    throw new Error('is no store of this foreshock view');
}

/** SQLite refuses more pages; it ignores a limit below what it has. */
function setLimit(database: DatabaseSync, limitBytes: number): void {
  database.exec(`PRAGMA max_page_count = ${Math.floor(limitBytes / PAGE)}`);
}

/** Shrinks a file beyond its limit once enough is evicted. */
export function shrinkTo(database: DatabaseSync, limitBytes: number): void {
  if (pageCount(database) * PAGE <= limitBytes) return;
  database.exec('VACUUM');
  setLimit(database, limitBytes);
}

function pageCount(database: DatabaseSync): number {
  const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number };
  return pages;
}

/** Bytes of pages in use. */
export function usedBytes(database: DatabaseSync): number {
  const { freelist_count: free } = database.prepare('PRAGMA freelist_count').get() as { freelist_count: number };
  return (pageCount(database) - free) * PAGE;
}

/** SQLITE_FULL: the limit is reached. */
export function isFull(error: unknown): boolean {
  return (error as { errcode?: number })?.errcode === 13;
}
