import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { SpanTable } from '../spans/span-table.ts';
import { isStoreFile, storeFileLines } from '../store/store-file.ts';
import { inflated } from './inflate.ts';
import { type JsonCounts, readJson } from './json-file.ts';
import { OTLP_BEGIN } from './otlp-scan.ts';
import { readProtobuf } from './otlp-protobuf.ts';
import { LEAST_SIZE, readSegments } from './segments.ts';
import { UnreadableSource } from './unreadable.ts';

/** Cuts a batch's line at most once. */
const CHUNK = 4 * 1024 * 1024;

const MOST_FILES = 10_000;

/** Notes say what is missing. */
export async function readPath(path: string, table: SpanTable, notes: string[]): Promise<void> {
  const names = await filesOf(path);
  if (names !== undefined) return readFolder(names, table, notes);
  try {
    if (await isStore(path)) await readStream(storeFileLines(path), table, notes, path);
    else await readFile(path, table, notes);
  } catch (error) {
    throw unreadable(error as Error);
  }
}

async function readFolder(names: string[], table: SpanTable, notes: string[]): Promise<void> {
  const before = table.size;
  const failed: string[] = [];
  for (const name of names) {
    try {
      await readFile(name, table, notes);
    } catch (thrown) {
      const error = unreadable(thrown as Error);
      if (!(error instanceof UnreadableSource)) throw error;
      failed.push(`${name}: ${error.message}`);
    }
  }
  if (table.size === before) throw new UnreadableSource(failed[0] ?? 'no spans in it');
  notes.push(...failed);
}

/**
 * A folder's files with spans, by name; undefined for a file.
 *
 * @throws UnreadableSource
 */
export async function filesOf(path: string): Promise<string[] | undefined> {
  const status = await stat(path).catch((error: Error) => {
    throw unreadable(error);
  });
  if (!status.isDirectory()) return undefined;
  const names = (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(?:jsonl?|ndjson|pb|binpb|proto|otlp|bin)(?:\.gz)?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .slice(0, MOST_FILES);
  if (names.length === 0) throw new UnreadableSource('a folder without .json, .jsonl or .pb files');
  return names;
}

/** Of the file system: what was listed may have been rotated away. Others stay as they are. */
function unreadable(error: NodeJS.ErrnoException): Error {
  if (error.syscall === undefined) return error;
  return new UnreadableSource(error.code === 'ENOENT' ? 'no such file' : (error.code ?? error.message));
}

/** Written by `foreshock view --store`. */
export async function isStore(path: string): Promise<boolean> {
  return isStoreFile(await beginOf(path));
}

async function beginOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer } = await file.read({ buffer: Buffer.alloc(OTLP_BEGIN.length), position: 0 });
    return buffer;
  } finally {
    await file.close();
  }
}

async function readFile(path: string, table: SpanTable, notes: string[]): Promise<void> {
  const { size } = await stat(path);
  if (size >= LEAST_SIZE && availableParallelism() > 1 && OTLP_BEGIN.equals(await beginOf(path)))
    return checkCounts(await readSegments(path, size, table), notes, path);
  return readStream(createReadStream(path, { highWaterMark: CHUNK }), table, notes, path);
}

/** With or without gzip. */
export async function readStream(
  bytes: AsyncIterable<Buffer>,
  table: SpanTable,
  notes: string[],
  name: string,
): Promise<void> {
  const chunks = inflated(bytes);
  const first = await firstOf(chunks);
  if (first === undefined) throw new UnreadableSource('empty');
  const whole = (async function* () {
    yield first;
    yield* chunks;
  })();
  if (!/^[\s\uFEFF]*[[{]/.test(first.subarray(0, 64).toString('utf8'))) return readProtobuf(whole, table);
  checkCounts(await readJson(whole, table), notes, name);
}

function checkCounts({ known, bad }: JsonCounts, notes: string[], name: string): void {
  if (known === 0) throw new UnreadableSource('no OTLP, Zipkin or Jaeger spans in it');
  if (bad > 0) notes.push(`${name}: ${bad} ${bad === 1 ? 'value' : 'values'} that hold no spans or are cut short`);
}

async function firstOf(chunks: AsyncGenerator<Buffer>): Promise<Buffer | undefined> {
  for (;;) {
    const { done, value } = await chunks.next();
    if (done === true) return undefined;
    if (value.length > 0) return value;
  }
}
