import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { decodeHeader } from './file-format.ts';
import { FILE_BYTES, HEADER_BYTES, KILLED_BY_AT, type FileHeader } from './file-layout.ts';
import { claimedName, readName, type FileName } from './file-names.ts';
import { isAlive, isSameNamespace, isSameProcess, type ProcessIdentity } from './process-identity.ts';
import { privateDirectories } from './spool-directory.ts';

export interface DeadFile extends FileName {
  readonly header: FileHeader;
}

/** Who asks. */
export interface Seeker extends ProcessIdentity {
  /** Of its program, ms since 1970: an earlier one of the same process is dead (`execve`). */
  readonly startedAt?: number;
}

/** Home file first, then by age. */
export interface DeadProcess {
  readonly files: readonly DeadFile[];
}

/** It may contain unrelated files. */
const MAX_ENTRIES = 1_000;

/**
 * Oldest first.
 *
 * @param isSilent whether it was last written long ago
 */
export function findDead(
  directory: string,
  own: Seeker,
  isSilent: (name: string, writtenAt: number) => boolean,
): DeadProcess[] {
  const processes = new Map<string, DeadFile[]>();
  for (const name of listed(directory)) {
    const header = deadHeader(directory, name, own, isSilent);
    if (!header) continue;
    const files = processes.get(header.instance) ?? [];
    files.push({ ...name, header });
    processes.set(header.instance, files);
  }
  return Array.from(processes.values(), (files) => ({
    files: files.toSorted(
      ({ header: one }, { header: other }) => Number(other.home) - Number(one.home) || one.at - other.at,
    ),
  })).toSorted((one, other) => one.files[0]!.header.at - other.files[0]!.header.at);
}

/** A process killed before it had written the header would hold the number for ever. */
export function removeHeaderless(directory: string, isSilent: (name: string, writtenAt: number) => boolean): void {
  for (const { name } of listed(directory)) {
    const read = readBytes(directory, name, HEADER_BYTES, isUnwritten);
    if (read?.value && isSilent(name, read.writtenAt)) removeFile(directory, name);
  }
}

/** Its frames may be there. */
function isUnwritten(header: Buffer): boolean {
  return [0, HEADER_BYTES].includes(header.length) && header.every((byte) => byte === 0);
}

/** A process was killed, as its parent knows. */
export function noteSignal(base: string, own: ProcessIdentity, pid: number, signal: number): void {
  for (const directory of privateDirectories(base)) {
    for (const { name, claimer } of listed(directory)) {
      if (claimer) continue;
      const header = readBytes(directory, name, HEADER_BYTES, decodeHeader)?.value;
      if (!header?.home || header.pid !== pid || !isSameNamespace(header, own)) continue;
      overwrite(directory, name, Buffer.of(signal), KILLED_BY_AT);
    }
  }
}

/** Of an earlier sender thread: spans still in memory. */
export function removeOwn(directory: string, own: ProcessIdentity, instance: string): void {
  for (const name of listed(directory)) {
    const header = name.claimer ? undefined : readBytes(directory, name.name, HEADER_BYTES, decodeHeader)?.value;
    if (header?.instance === instance && isSameProcess(header, own)) removeFile(directory, name.name);
  }
}

/** Another process's may have the name by now. */
export function removeLate(directory: string, name: string, instance: string): void {
  const header = readBytes(directory, name, HEADER_BYTES, decodeHeader)?.value;
  if (header?.late && header.instance === instance) removeFile(directory, name);
}

/** @returns the new name; undefined if another was faster */
export function claim(directory: string, { name, number }: FileName, own: ProcessIdentity): string | undefined {
  const taken = claimedName(number, own);
  try {
    renameSync(join(directory, name), join(directory, taken));
    touch(directory, taken);
    return taken;
  } catch {
    return undefined;
  }
}

/** Shows other namespaces that the claimer lives. */
export function touch(directory: string, name: string): void {
  const now = new Date();
  utimesSync(join(directory, name), now, now);
}

/** Undefined for other files. */
export function readWhole(directory: string, name: string): Buffer | undefined {
  return readBytes(directory, name, FILE_BYTES, (bytes) => bytes)?.value;
}

export function overwrite(directory: string, name: string, bytes: Buffer, at: number): void {
  const fd = openSync(join(directory, name), constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
  try {
    writeSync(fd, bytes, 0, bytes.length, at);
  } finally {
    closeSync(fd);
  }
}

export function removeFile(directory: string, name: string): void {
  try {
    unlinkSync(join(directory, name));
  } catch {
    // Already removed.
  }
}

function listed(directory: string): FileName[] {
  try {
    return readdirSync(directory)
      .slice(0, MAX_ENTRIES)
      .flatMap((name) => readName(name) ?? []);
  } catch {
    return [];
  }
}

function deadHeader(
  directory: string,
  name: FileName,
  own: Seeker,
  isSilent: (name: string, writtenAt: number) => boolean,
): FileHeader | undefined {
  const read = readBytes(directory, name.name, HEADER_BYTES, decodeHeader);
  if (!read?.value) return undefined;
  if (!name.claimer && isReplaced(read.value, own)) return read.value;
  const owner = name.claimer ?? read.value;
  return isAlive(owner, own, isSilent(name.name, read.writtenAt)) ? undefined : read.value;
}

/** Its process lives, as another program. Where starts are not known, the PID may be used again. */
export function isReplaced(header: Pick<FileHeader, keyof Seeker>, own: Seeker): boolean {
  const isEarlier = own.startedAt !== undefined && header.startedAt < own.startedAt;
  return isEarlier && own.ticks !== '0' && isSameProcess(header, own);
}

/** Only this user's regular files of a spool file's size, no links. */
function readBytes<T>(
  directory: string,
  name: string,
  length: number,
  decode: (bytes: Buffer) => T,
): { value: T; writtenAt: number } | undefined {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  let fd: number | undefined;
  try {
    fd = openSync(join(directory, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const { size, mtimeMs, uid } = fstatSync(fd);
    const isOurs = process.getuid === undefined || uid === process.getuid();
    if (!fstatSync(fd).isFile() || !isOurs || size > FILE_BYTES) return undefined;
    const bytes = Buffer.alloc(Math.min(size, length));
    let read = 0;
    while (read < bytes.length) {
      const more = readSync(fd, bytes, read, bytes.length - read, read);
      if (more === 0) break;
      read += more;
    }
    return { value: decode(bytes.subarray(0, read)), writtenAt: mtimeMs };
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
