import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writevSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import {
  encodeFrameHead,
  encodeHeader,
  ENDED_AT,
  FILE_BYTES,
  HEADER_BYTES,
  HOME_DATA_AT,
  LAST_FRAME_AT,
  SENT_AT,
  type FileHeader,
} from './file-layout.ts';
import { claimedName, ownName, type ProcessIdentity } from './file-names.ts';
import { firstFree } from './free-number.ts';
import { encodeSentBatches } from './sent-batches.ts';

/** Slower disks would block the sender. */
const SLOW_MS = 1_000;

const { O_CREAT, O_EXCL, O_RDWR, O_NOFOLLOW = 0 } = constants;
const NEW_FILE = O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW;

/** Synchronous writes: on return the kernel has the data. */
export class SpoolFile {
  readonly home: boolean;
  /** Batches a destination still needs. */
  readonly batches = new Set<number>();
  readonly #sent = new Set<number>();
  #path: string;
  /** A header to write, and a path to take, once it has what the file there has. */
  #unpublished: { readonly header: FileHeader; readonly path: string } | undefined;
  readonly #fd: number;
  readonly #dataAt: number;
  #at: number;

  private constructor(path: string, fd: number, home: boolean) {
    this.#path = path;
    this.#fd = fd;
    this.home = home;
    this.#dataAt = home ? HOME_DATA_AT : HEADER_BYTES;
    this.#at = this.#dataAt;
  }

  /**
   * Limits all processes together.
   *
   * @returns undefined if all are taken
   * @throws errors of the file system
   */
  static create(directory: string, header: FileHeader): SpoolFile | undefined {
    for (;;) {
      const number = firstFree(readdirSync(directory));
      if (number === undefined) return undefined;
      const path = join(directory, ownName(number));
      try {
        return SpoolFile.#begin(path, openSync(path, NEW_FILE, 0o600), header);
      } catch (error) {
        // Another was faster.
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }

  /** @param end of its frames */
  static home(path: string, fd: number, end: number): SpoolFile {
    const file = new SpoolFile(path, fd, true);
    file.#at = end;
    return file;
  }

  /**
   * In place of another, which has the number: see {@link publish}.
   *
   * @throws errors of the file system
   */
  static replacement(directory: string, number: number, own: ProcessIdentity, header: FileHeader): SpoolFile {
    const path = join(directory, claimedName(number, own));
    const file = new SpoolFile(path, openSync(path, NEW_FILE, 0o600), header.home);
    file.#unpublished = { header, path: join(directory, ownName(number)) };
    return file;
  }

  /** Without a header nobody reads it: each span is in one file. */
  publish(): void {
    if (!this.#unpublished) return;
    const { header, path } = this.#unpublished;
    this.#unpublished = undefined;
    this.writeAt(encodeHeader(header, crc32), 0);
    renameSync(this.#path, path);
    this.#path = path;
  }

  get isPublished(): boolean {
    return this.#unpublished === undefined;
  }

  /** An empty file would hold its number for ever. */
  static #begin(path: string, fd: number, header: FileHeader): SpoolFile {
    try {
      const file = new SpoolFile(path, fd, header.home);
      file.writeAt(encodeHeader(header, crc32), 0);
      return file;
    } catch (error) {
      closeSync(fd);
      unlinkSync(path);
      throw error;
    }
  }

  get room(): number {
    return LAST_FRAME_AT - this.#at;
  }

  get isEmpty(): boolean {
    return this.#at === this.#dataAt;
  }

  /** By the clock of the file system; ms since 1970. */
  get writtenAt(): number {
    return fstatSync(this.#fd).mtimeMs;
  }

  append(kind: number, batch: number, records: readonly Buffer[]): void {
    const parts = [encodeFrameHead(kind, batch, records, crc32), ...records];
    let end = this.#at;
    for (const part of parts) end += part.length;
    if (end > FILE_BYTES) return;
    this.#write(parts, this.#at);
    this.#at = end;
  }

  writeAt(bytes: Buffer, at: number): void {
    this.#write([bytes], at);
  }

  #write(parts: Buffer[], at: number): void {
    const start = performance.now();
    let left = parts;
    let to = at;
    while (left.length > 0) {
      const written = writevSync(this.#fd, left, to);
      to += written;
      left = after(left, written);
    }
    if (performance.now() - start > SLOW_MS) throw new Error(`a write took more than ${SLOW_MS} ms`);
  }

  /** @param isSent whether the next process takes the batch for delivered */
  sent(key: number, isSent: boolean): void {
    if (isSent) this.#sent.add(key);
    else if (!this.#sent.delete(key)) return;
    this.writeAt(encodeSentBatches(this.#sent), SENT_AT);
  }

  /** @param key as in `keyOf` */
  finished(key: number): void {
    this.batches.delete(key);
    this.#sent.delete(key);
  }

  rewind(): void {
    if (this.isEmpty) return;
    ftruncateSync(this.#fd, this.#dataAt);
    this.#at = this.#dataAt;
  }

  /** Regular: no death is reported. */
  markEnded(): void {
    this.writeAt(Buffer.of(1), ENDED_AT);
  }

  /** False once deleted, or taken over by a process that believed this one dead. */
  get isOurs(): boolean {
    return lstatSync(this.#path, { throwIfNoEntry: false })?.ino === fstatSync(this.#fd).ino;
  }

  remove(): void {
    try {
      this.publish();
      if (this.isOurs) unlinkSync(this.#path);
    } finally {
      this.close();
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The rest to be written. */
function after(parts: readonly Buffer[], written: number): Buffer[] {
  let skip = written;
  return parts.flatMap((part) => {
    const skipped = Math.min(skip, part.length);
    skip -= skipped;
    return skipped < part.length ? [part.subarray(skipped)] : [];
  });
}
