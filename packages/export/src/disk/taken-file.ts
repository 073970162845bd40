import { fstatSync, lstatSync, readSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { EarlyState } from './early-state.ts';
import { decodeHeader, readFrames, type FileBatch } from './file-format.ts';
import { FILE_BYTES, HOME_DATA_AT } from './file-layout.ts';
import { ownName } from './file-names.ts';
import { SpoolFile } from './spool-file.ts';
import type { SpoolMemory } from './spool-memory.ts';

/** The main thread's file, to go on in; or the number of one to replace: a write to it is under way, or failed. */
export type TakenFile =
  | { readonly file: SpoolFile; readonly batches: readonly FileBatch[] }
  | { readonly replaces: number };

/** On the sender thread: what the main thread has written (early-file.ts). */
export function takeEarlyFile(memory: SpoolMemory, directory: string): TakenFile | undefined {
  const state = new EarlyState(memory);
  const early = state.take();
  if (!early) return undefined;
  const { descriptor, number, isWritten } = early;
  const path = join(directory, ownName(number));
  const isOurs = isThere(path, descriptor);
  if (isOurs && isWritten) {
    const bytes = Buffer.alloc(Math.min(fstatSync(descriptor).size, FILE_BYTES));
    readSync(descriptor, bytes, 0, bytes.length, 0);
    const { batches, end } = readFrames(bytes, HOME_DATA_AT);
    if (decodeHeader(bytes)) return { file: SpoolFile.home(path, descriptor, end), batches };
  }
  state.leave();
  return isOurs ? { replaces: number } : undefined;
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
