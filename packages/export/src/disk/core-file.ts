import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { FileHeader } from './file-layout.ts';

/** The most that a directory may have. */
const MAX_ENTRIES = 1_000;
/** A header has little room. */
const MAX_LENGTH = 512;
/** A lower limit leaves none (below 4 KiB), or cuts it before its notes. */
const LEAST_LIMIT = 1 << 20;
/** File systems' times may be this coarse; ms. */
const COARSE_MS = 2_000;

/**
 * How the path of this process's core file would begin, core(5).
 *
 * @returns undefined where a crash leaves none for us to find: usually
 */
export function coreFilePrefix(): string | undefined {
  try {
    const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'latin1').trim();
    const prefix = prefixOf(pattern, readFileSync('/proc/self/limits', 'latin1'));
    // After `process.setuid`, or with a file's capabilities, the kernel writes none: then this is root's, proc(5).
    if (statSync('/proc/self/limits').uid !== process.geteuid?.()) return undefined;
    if (prefix !== undefined) accessSync(dirname(prefix), constants.W_OK);
    return prefix;
  } catch {
    return undefined;
  }
}

/** @param limits as `/proc/self/limits` has them */
export function prefixOf(pattern: string, limits: string): string | undefined {
  const limit = /^Max core file size +(\S+)/m.exec(limits)?.[1];
  if (limit !== 'unlimited' && !(Number(limit) >= LEAST_LIMIT)) return undefined;
  // The name, or a directory's, begins with what is known of the crash only.
  const isKnown = /^[^|%]/.test(pattern) && !/\/(%|$)|%.*\//.test(pattern);
  const prefix = resolve(pattern.replace(/%.*$/s, ''));
  return isKnown && prefix.length <= MAX_LENGTH ? prefix : undefined;
}

export interface CoreFile {
  readonly path: string;
  /** Its number; 0: there is no such file. */
  readonly signal: number;
}

/** @returns undefined where a crash may not have left one */
export function coreFileOf({
  core: prefix,
  pid,
  startedAt,
}: Pick<FileHeader, 'core' | 'pid' | 'startedAt'>): CoreFile | undefined {
  if (prefix === undefined) return undefined;
  try {
    const names = readdirSync(dirname(prefix));
    if (names.length > MAX_ENTRIES) return undefined;
    for (const name of names) {
      if (!name.startsWith(basename(prefix))) continue;
      const path = join(dirname(prefix), name);
      const core = readCore(path);
      // PIDs are used again.
      if (core?.pid === pid && core.at >= startedAt - COARSE_MS) return { path, signal: core.signal };
    }
    // Another's file, or a directory: perhaps in the place of this one's.
    return names.includes(basename(prefix)) ? undefined : { path: prefix, signal: 0 };
  } catch {
    return undefined;
  }
}

/** Of elf(5), 64 bits, little-endian; notes as in the kernel's fs/binfmt_elf.c. */
const CORE = 4;
const NOTES = 4;
const SEGMENTS_AT = 64;
const NOTE_HEAD = 20;
/** `prstatus`, of the thread that crashed, and after it `prpsinfo`. */
const PRSTATUS = 1;
const PRPSINFO = 3;

interface Core {
  readonly pid: number;
  readonly signal: number;
  /** Written at; ms since 1970. */
  readonly at: number;
}

function readCore(path: string): Core | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const head = Buffer.alloc(SEGMENTS_AT + 16);
    readSync(fd, head, 0, head.length, 0);
    const isCore = head.toString('latin1', 1, 4) === 'ELF' && head[4] === 2 && head[5] === 1;
    if (!isCore || head.readUInt16LE(16) !== CORE || head.readUInt32LE(SEGMENTS_AT) !== NOTES) return undefined;
    const notes = Buffer.alloc(1_024);
    readSync(fd, notes, 0, notes.length, Number(head.readBigUInt64LE(SEGMENTS_AT + 8)));
    if (notes.readUInt32LE(8) !== PRSTATUS) return undefined;
    const second = NOTE_HEAD + notes.readUInt32LE(4);
    if (notes.readUInt32LE(second + 8) !== PRPSINFO) return undefined;
    return {
      pid: notes.readInt32LE(second + NOTE_HEAD + 24),
      signal: notes.readUInt16LE(NOTE_HEAD + 12),
      at: fstatSync(fd).mtimeMs,
    };
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
