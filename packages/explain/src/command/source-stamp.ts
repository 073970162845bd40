import { stat } from 'node:fs/promises';
import { isAddress } from '../sources/backend.ts';
import { filesOf } from '../sources/file.ts';

/** Differs when files have changed; undefined: an address, or a file that is missing. */
export async function stampOf(sources: string[]): Promise<string | undefined> {
  if (sources.length === 0 || sources.some(isAddress)) return undefined;
  try {
    const names = await Promise.all(sources.map(async (source) => (await filesOf(source)) ?? withJournal(source)));
    return (await Promise.all(names.flat().map(stampOfFile))).join();
  } catch {
    return undefined;
  }
}

/** SQLite may write there alone (the store of `foreshock view`). */
function withJournal(file: string): string[] {
  return [file, `${file}-wal`];
}

async function stampOfFile(file: string): Promise<string> {
  const status = await stat(file).catch(() => undefined);
  return status ? `${status.ino}:${status.size}:${status.mtimeMs}` : '';
}
