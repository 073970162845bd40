import { fstatSync, lstatSync, readSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { EarlyState } from './early-state.ts';
import { decodeHeader, readFrames, type FileBatch } from './file-format.ts';
import { FILE_BYTES, HOME_DATA_AT } from './file-layout.ts';
import { ownName } from './file-names.ts';
import { SpoolFile } from './spool-file.ts';
import type { SpoolMemory } from './spool-memory.ts';

/** A main thread's write takes less, unless the pool is busy. */
const WRITTEN_WITHIN_MS = 100;

export interface TakenFile {
  readonly file: SpoolFile;
  /** What it has of each batch. */
  readonly batches: readonly FileBatch[];
}

/** On the sender thread: what the main thread has written (early-file.ts). */
export function takeEarlyFile(memory: SpoolMemory, directory: string): TakenFile | undefined {
  const state = new EarlyState(memory);
  const early = state.take();
  if (!early) return undefined;
  const { descriptor, number, size, isWritten } = early;
  const path = join(directory, ownName(number));
  const until = performance.now() + WRITTEN_WITHIN_MS;
  while (isThere(path, descriptor)) {
    const bytes = Buffer.alloc(Math.min(fstatSync(descriptor).size, FILE_BYTES));
    readSync(descriptor, bytes, 0, bytes.length, 0);
    const { batches, end } = readFrames(bytes, HOME_DATA_AT);
    const header = decodeHeader(bytes);
    if (header && (isWritten || end === size)) {
      return { file: SpoolFile.home(path, descriptor, end), batches };
    }
    if (isWritten || performance.now() > until) {
      // Unfinished writes end in a file without a name.
      unlinkSync(path);
      break;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
  state.leave();
  return undefined;
}

/** At the end of the process, whose main thread may have made it since. */
export function removeUnfinished(memory: SpoolMemory, directory: string): void {
  const number = new EarlyState(memory).unfinished;
  if (number === undefined) return;
  const path = join(directory, ownName(number));
  if (lstatSync(path, { throwIfNoEntry: false })?.size === 0) unlinkSync(path);
}

/** Simulated files have descriptors of their own. */
function isThere(path: string, descriptor: number): boolean {
  try {
    return lstatSync(path).ino === fstatSync(descriptor).ino;
  } catch {
    return false;
  }
}
