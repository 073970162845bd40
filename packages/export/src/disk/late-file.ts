import fs from 'node:fs';
import { join } from 'node:path';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { detachedTimeout, suppressed } from '@foreshock/kit';
import { crc32 } from '../crc32.ts';
import { newHeader, type DiskOptions } from './disk-options.ts';
import type { EarlyFile } from './early-file.ts';
import { encodeHeader, HEADER_BYTES, LAST_FRAME_AT } from './file-layout.ts';
import { ownName } from './file-names.ts';
import { firstFree } from './free-number.ts';
import { clockMs, isWithin, LateState, type Position } from './late-state.ts';
import { MainBatches } from './main-batches.ts';
import { ownIdentity } from './process-identity.ts';
import { serviceDirectory } from './spool-directory.ts';

// Before the application replaces some.
const { closeSync, constants, openSync, readdirSync, unlinkSync, writevSync } = fs;

/** The sender thread has a round every 50 ms while there is something new. */
const LATE_MS = 75;
/** Between looks at one that is late. */
const LOOK_MS = 20;
/** After a write, not for so many times as long: it may have waited for the disk. */
const PAUSE = 4;
/** Never again after one that was slower. */
const SLOW_MS = 250;

interface OwnFile {
  readonly descriptor: number;
  readonly number: number;
  size: number;
  /** Batches of which it has the resource and scopes. */
  readonly begun: Set<number>;
}

/**
 * A file in which the main thread writes what the sender thread, which gets no processor, has not written: until that
 * has. Where the sender thread waits for the disk, nothing is.
 */
export class LateFile {
  readonly #options: DiskOptions;
  /** Until the sender thread's first write. */
  readonly #early: Pick<EarlyFile, 'written' | 'isOpen'> | undefined;
  readonly #state: LateState;
  #batches: MainBatches;
  #timer: NodeJS.Timeout | undefined;
  /** When there was something new: the sender thread may have slept. */
  #beganAt = 0;
  #dueAt = 0;
  #isPutOff = false;
  readonly #clockAhead: number = clockMs() - performance.now();
  #file: OwnFile | undefined;
  #pauseUntil = 0;
  #isUseless = false;

  constructor(options: DiskOptions, early?: Pick<EarlyFile, 'written' | 'isOpen'>) {
    this.#options = options;
    this.#early = early;
    this.#state = new LateState(options.memory);
    this.#batches = new MainBatches(options.memory);
  }

  opened(number: number, memory: SharedArrayBuffer, start: number): void {
    if (!this.#isUseless) this.#batches.opened(number, memory, start);
  }

  sealed(number: number, end: number): void {
    if (!this.#isUseless) this.#batches.sealed(number, end);
  }

  /** A record more; cheap while it looks. */
  grew(): void {
    if (this.#timer || this.#isUseless) return;
    this.#beganAt = performance.now();
    this.#lookAfter(LATE_MS);
  }

  #lookAfter(ms: number): void {
    this.#dueAt = performance.now() + ms;
    this.#timer = detachedTimeout('a look at the sender thread', () => this.#lookAgain(performance.now()), ms);
  }

  #lookAgain(now: number): void {
    // An application's long turn as it starts: the first file's write, just behind, may have all of it.
    const wasBlocked = now - this.#dueAt > LOOK_MS && !this.#isPutOff && !this.#state.lastWritten;
    this.#isPutOff = wasBlocked;
    if (wasBlocked) return this.#lookAfter(LOOK_MS);
    this.look(now);
    if (this.#timer) this.#lookAfter(Math.max(LATE_MS - this.#sinceRound(now), LOOK_MS));
  }

  #sinceRound(now: number): number {
    const written = this.#state.lastWritten
      ? this.#state.sinceLook(now + this.#clockAhead)
      : now - (this.#early?.written?.at ?? this.#beganAt);
    return Math.min(now - this.#beganAt, written);
  }

  get #written(): Position | undefined {
    return this.#state.lastWritten ?? this.#early?.written?.to;
  }

  /** No thread will have it. */
  remove(): void {
    this.#isUseless = true;
    this.#rest();
    if (this.#state.beginWrite() === 'no') return;
    this.#unlink();
    this.#state.endWrite(undefined, { number: 0, end: 0 });
  }

  /** For tests. @param now ms */
  look(now: number): void {
    // A file that the sender thread has removed.
    if (this.#file && this.#state.isNone) this.#forgetFile();
    const written = this.#written;
    // Of a disk that has not answered yet, this thread might wait for ever.
    const isUntried = !this.#state.lastWritten && !this.#early?.isOpen;
    if (written) this.#batches.written(written);
    const { end } = this.#batches;
    if (!end || (written && isWithin(end, written))) return this.#rest();
    const isLate = !isUntried && this.#sinceRound(now) >= LATE_MS;
    // Outside requests' contexts, and without spans of file system calls.
    if (isLate && now >= this.#pauseUntil && (!this.#state.isAtDisk || this.#state.isStarved))
      context.with(suppressed(ROOT_CONTEXT), () => this.#write());
  }

  /** The next record begins again. */
  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #write(): void {
    const how = this.#state.beginWrite();
    if (how === 'no') return;
    const startedAt = performance.now();
    try {
      if (how === 'make') this.#forgetFile();
      // It may have written meanwhile.
      const written = this.#written;
      if (written) this.#batches.written(written);
      this.#append();
    } catch {
      // The sender thread reports what is wrong.
      this.#isUseless = true;
      this.#unlink();
    }
    const tookMs = performance.now() - startedAt;
    this.#pauseUntil = startedAt + (1 + PAUSE) * tookMs;
    if (tookMs > SLOW_MS) this.#isUseless = true;
    this.#state.endWrite(this.#file?.number, this.#batches.end ?? { number: 0, end: 0 });
    if (!this.#isUseless) return;
    this.#rest();
    // Nobody looks any more.
    this.#batches = new MainBatches(this.#options.memory);
  }

  #append(): void {
    const header = this.#file
      ? []
      : [encodeHeader({ ...newHeader(this.#options, ownIdentity(), false), late: true }, crc32)];
    const size = this.#file?.size ?? HEADER_BYTES;
    const begun = this.#file?.begun ?? new Set<number>();
    const frames = this.#batches.frames(LAST_FRAME_AT - size, crc32, begun);
    if (frames.length === 0) return;
    this.#file ??= this.#make(begun);
    if (!this.#file) return;
    let length = 0;
    for (const part of frames) length += part.length;
    const at = header.length > 0 ? 0 : size;
    const expected = length + size - at;
    if (writevSync(this.#file.descriptor, [...header, ...frames], at) !== expected)
      throw new Error('a part is written');
    this.#file.size = size + length;
  }

  /** @returns undefined if all are taken, or another process was faster: a later look tries again */
  #make(begun: Set<number>): OwnFile | undefined {
    const directory = this.#directory;
    const number = firstFree(readdirSync(directory));
    if (number === undefined) return undefined;
    const { O_CREAT, O_EXCL, O_RDWR, O_NOFOLLOW = 0 } = constants;
    try {
      const descriptor = openSync(join(directory, ownName(number)), O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW, 0o600);
      return { descriptor, number, size: HEADER_BYTES, begun };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
      throw error;
    }
  }

  get #directory(): string {
    return serviceDirectory(this.#options.base, this.#options.key);
  }

  #unlink(): void {
    const file = this.#file;
    this.#close();
    try {
      if (file) unlinkSync(join(this.#directory, ownName(file.number)));
    } catch {
      // Already removed.
    }
  }

  /** What it had may not be written yet. */
  #forgetFile(): void {
    this.#close();
    this.#batches.rewind();
  }

  #close(): void {
    const file = this.#file;
    this.#file = undefined;
    try {
      if (file) closeSync(file.descriptor);
    } catch {
      // Already closed.
    }
  }
}
