import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readdirSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  encodeFrame,
  encodeHeader,
  ENDED_AT,
  FILE_BYTES,
  FRAME_BYTES,
  HEADER_BYTES,
  HOME_DATA_AT,
  SENT_AT,
  type FileHeader,
} from './file-format.ts';
import { MAX_FILES, ownName, readName } from './file-names.ts';
import { encodeSentBatches } from './sent-batches.ts';

/** For end marks of batches. */
const DONE_ROOM = 8 * 1024;
/** A slower disk would block the sender. */
const SLOW_MS = 1_000;

/** Writes are synchronous: once they return, the kernel has the data. */
export class SpoolFile {
  readonly home: boolean;
  /** Batches a destination still needs. */
  readonly batches = new Set<number>();
  readonly #sent = new Set<number>();
  readonly #path: string;
  readonly #fd: number;
  readonly #dataAt: number;
  #at: number;

  private constructor(path: string, fd: number, header: FileHeader) {
    this.#path = path;
    this.#fd = fd;
    this.home = header.home;
    this.#dataAt = header.home ? HOME_DATA_AT : HEADER_BYTES;
    this.#at = this.#dataAt;
    this.writeAt(encodeHeader(header), 0);
  }

  /**
   * A free number keeps the limit for all processes.
   *
   * @returns undefined when all are taken
   * @throws errors of the file system
   */
  static create(directory: string, header: FileHeader): SpoolFile | undefined {
    const taken = new Set(readdirSync(directory).map((name) => readName(name)?.number));
    for (let number = 0; number < MAX_FILES; number++) {
      if (taken.has(number)) continue;
      const path = join(directory, ownName(number));
      try {
        const { O_CREAT, O_EXCL, O_RDWR, O_NOFOLLOW = 0 } = constants;
        const fd = openSync(path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW, 0o600);
        return SpoolFile.#begin(path, fd, header);
      } catch (error) {
        // Another process was faster.
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
    return undefined;
  }

  /** A disk that is full must not keep an empty file, whose number would be taken for ever. */
  static #begin(path: string, fd: number, header: FileHeader): SpoolFile {
    try {
      return new SpoolFile(path, fd, header);
    } catch (error) {
      closeSync(fd);
      unlinkSync(path);
      throw error;
    }
  }

  get room(): number {
    return FILE_BYTES - DONE_ROOM - FRAME_BYTES - this.#at;
  }

  get isEmpty(): boolean {
    return this.#at === this.#dataAt;
  }

  /** By the clock of the file system; ms since 1970. */
  get writtenAt(): number {
    return fstatSync(this.#fd).mtimeMs;
  }

  append(kind: number, batch: number, parts: readonly Buffer[]): void {
    const frame = encodeFrame(kind, batch, parts);
    if (this.#at + frame.length > FILE_BYTES) return;
    this.writeAt(frame, this.#at);
    this.#at += frame.length;
  }

  writeAt(bytes: Buffer, at: number): void {
    const start = performance.now();
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#fd, bytes, written, bytes.length - written, at + written);
    if (performance.now() - start > SLOW_MS) throw new Error(`a write took more than ${SLOW_MS} ms`);
  }

  /** @param isSent whether the next process is to take the batch for delivered */
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

  /** Regular end: no death is reported. */
  markEnded(): void {
    this.writeAt(Buffer.of(1), ENDED_AT);
  }

  /** False once it was deleted, or taken over by a process that took this one for dead. */
  get isOurs(): boolean {
    return lstatSync(this.#path, { throwIfNoEntry: false })?.ino === fstatSync(this.#fd).ino;
  }

  remove(): void {
    try {
      if (this.isOurs) unlinkSync(this.#path);
    } finally {
      this.close();
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
