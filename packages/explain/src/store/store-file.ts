import type { DatabaseSync } from 'node:sqlite';
import { UnreadableSource } from '../sources/unreadable.ts';
import { otlpLines } from './otlp-lines.ts';
import { resourceRows } from './rows.ts';
import { BEGINNING, type Place, tracePage, type TracePage } from './trace-pages.ts';

/** Changes with the tables. */
export const STORE_VERSION = 3;

export function isStoreFile(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 15) === 'SQLite format 3';
}

/** OTLP JSON; the viewer may run meanwhile. */
export async function* storeFileLines(path: string): AsyncGenerator<Buffer> {
  const { DatabaseSync } = await quietly(() => import('node:sqlite'));
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
    if (version !== STORE_VERSION) throw new UnreadableSource('an SQLite file, but no store of this foreshock view');
    const resources = new Map(resourceRows(database).map((row) => [row.id, row]));
    const from = completeSince(database);
    for (let after: Place | undefined = BEGINNING; after;) {
      const page: TracePage = tracePage(database, after, from, Infinity);
      yield Buffer.from(otlpLines(page, resources) || '\n');
      after = page.next;
    }
  } catch (error) {
    if (error instanceof UnreadableSource) throw error;
    throw new UnreadableSource(`as a store of foreshock view: ${(error as Error).message}`);
  } finally {
    database?.close();
  }
}

/** Older traces are only slow and failed: no baseline. */
function completeSince(database: DatabaseSync): number {
  const { complete_since: since } = database.prepare('SELECT complete_since FROM eviction').get() as {
    complete_since: number;
  };
  return since;
}

/** Node 22 warns of node:sqlite. */
async function quietly<T>(load: () => Promise<T>): Promise<T> {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return await load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
