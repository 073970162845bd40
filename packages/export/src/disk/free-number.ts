import fs from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { MAX_FILES, readName } from './file-names.ts';
import { assertIsPrivate, mustBePrivate } from './spool-directory.ts';

// Before the application replaces some.
const { lstat, mkdir, readdir } = fs;

/**
 * Does not block.
 *
 * @returns undefined if all are taken
 * @throws unless the directory is private
 */
export async function freeNumber(base: string, directory: string): Promise<number | undefined> {
  const names = await namesIn(base, directory).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    for (const each of [dirname(directory), directory]) {
      // One that is there may do.
      await promisify(mkdir)(each, { mode: 0o700 }).catch(() => {});
    }
    return namesIn(base, directory);
  });
  return firstFree(names);
}

export function firstFree(names: readonly string[]): number | undefined {
  const taken = new Set(names.map((name) => readName(name)?.number));
  for (let number = 0; number < MAX_FILES; number++) if (!taken.has(number)) return number;
  return undefined;
}

async function namesIn(base: string, directory: string): Promise<string[]> {
  const looks = mustBePrivate(base, directory).map(async (each) => assertIsPrivate(each, await promisify(lstat)(each)));
  const [names] = await Promise.all([promisify(readdir)(directory), ...looks]);
  return names;
}
