import { lstatSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { defaultSpoolDirectory } from './default-directory.ts';

/** Of one service: its name as far as it is fit for a file, and a check of it. */
export function serviceDirectory(base: string, service: string): string {
  const readable = service.replaceAll(/[^\w.-]/g, '_').slice(0, 48);
  return join(base, `${readable}-${hex(crc32(service))}`);
}

/**
 * Makes a directory that nobody else can read or write, with those above it.
 *
 * @throws when it cannot be made, or is somebody else's: a link, another user's, open to others
 */
export function makePrivate(base: string, directory: string): void {
  // The one above may be a volume of everybody's, but not a link that somebody has put in the way of the default.
  make(base);
  if (base === defaultSpoolDirectory()) assertPrivate(base);
  make(directory);
  assertPrivate(directory);
}

/** Not `recursive`: where nothing can be made, as in `/proc`, Node 22 to 26 try for ever (`MKDirpSync` in src/node_file.cc). */
function make(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const above = dirname(directory);
    if (code !== 'ENOENT' || lstatSync(above, { throwIfNoEntry: false })) throw error;
    make(above);
    mkdirSync(directory, { mode: 0o700 });
  }
}

/** @throws when a directory is not this user's alone */
export function assertPrivate(directory: string): void {
  const found = lstatSync(directory);
  if (!found.isDirectory()) throw new Error(`${directory} is not a directory`);
  const uid = process.getuid?.();
  // Without users there are no modes either: Windows keeps the temporary directory of each to himself.
  if (uid === undefined) return;
  if (found.uid !== uid) throw new Error(`${directory} belongs to another user`);
  if ((found.mode & 0o077) !== 0) throw new Error(`${directory} is open to other users`);
}

function hex(number: number): string {
  return number.toString(16).padStart(8, '0');
}
