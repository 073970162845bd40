import { lstatSync, mkdirSync, readdirSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from '../crc32.ts';
import { defaultSpoolDirectory } from './default-directory.ts';

/** A readable name with a unique CRC. */
export function serviceDirectory(base: string, service: string): string {
  const readable = service.replaceAll(/[^\w.-]/g, '_').slice(0, 48);
  return join(base, `${readable}-${hex(crc32(Buffer.from(service)))}`);
}

/** @throws when it cannot be made, is a link, or another user's */
export function makePrivate(base: string, directory: string): void {
  make(base);
  make(directory);
  for (const each of mustBePrivate(base, directory)) assertPrivate(each);
}

/** The parent may be a shared volume; the default, no other user's link. */
export function mustBePrivate(base: string, directory: string): string[] {
  return base === defaultSpoolDirectory() ? [base, directory] : [directory];
}

/** Not `recursive`: in `/proc`, Node 22 to 26 loop forever (`MKDirpSync` in src/node_file.cc). */
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

/** @throws when not private to this user */
function assertPrivate(directory: string): void {
  assertIsPrivate(directory, lstatSync(directory));
}

/** @throws when not private to this user */
export function assertIsPrivate(directory: string, found: Stats): void {
  if (!found.isDirectory()) throw new Error(`${directory} is not a directory`);
  const uid = process.getuid?.();
  // Windows has no modes; its temporary directory is private.
  if (uid === undefined) return;
  if (found.uid !== uid) throw new Error(`${directory} belongs to another user`);
  if ((found.mode & 0o077) !== 0) throw new Error(`${directory} is open to other users`);
}

/**
 * It and its folders, where private to this user.
 *
 * @throws if unreadable
 */
export function privateDirectories(base: string): string[] {
  const below = readdirSync(base)
    .map((name) => join(base, name))
    .filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory());
  return [base, ...below].filter((path) => {
    try {
      assertPrivate(path);
      return true;
    } catch {
      return false;
    }
  });
}

function hex(number: number): string {
  return number.toString(16).padStart(8, '0');
}
