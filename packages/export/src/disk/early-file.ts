import fs from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressed } from '@foreshock/kit';
import { crc32 } from '../crc32.ts';
import { newHeader, type DiskOptions } from './disk-options.ts';
import { EarlyState } from './early-state.ts';
import { encodeHeader, HOME_DATA_AT, LAST_FRAME_AT } from './file-layout.ts';
import { ownName } from './file-names.ts';
import { freeNumber } from './free-number.ts';
import type { Position } from './late-state.ts';
import { MainBatches } from './main-batches.ts';
import { ownIdentity } from './process-identity.ts';
import { serviceDirectory } from './spool-directory.ts';

// Before the application replaces some.
const { close, constants, fstat, lstat, open, unlink, writev } = fs;

/** Between looks for new spans. */
const WRITE_MS = 25;

/** What the main thread had then is written up to there. */
export interface EarlyWritten {
  readonly to: Position;
  /** `performance.now()` ms. */
  readonly at: number;
}

/**
 * The process's first file until the sender thread runs, 50 to 500 ms after the first ended span: the main thread
 * writes it through Node's thread pool. What fails waits in memory for the thread.
 */
export class EarlyFile {
  readonly #options: DiskOptions;
  readonly #state: EarlyState;
  readonly #batches: MainBatches;
  #size = HOME_DATA_AT;
  #written: EarlyWritten | undefined;
  #isOpen = false;

  constructor(options: DiskOptions) {
    this.#options = options;
    this.#state = new EarlyState(options.memory);
    this.#batches = new MainBatches(options.memory);
  }

  /** A batch's first span. */
  opened(number: number, memory: SharedArrayBuffer, start: number): void {
    this.#batches.opened(number, memory, start);
    // Outside requests' contexts, and without spans of file system calls.
    if (this.#state.begin()) context.with(suppressed(ROOT_CONTEXT), () => void this.#run());
  }

  get written(): EarlyWritten | undefined {
    return this.#written;
  }

  /** The disk has answered. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The sender thread has it. */
  get isTaken(): boolean {
    return this.#state.isTaken;
  }

  sealed(number: number, end: number): void {
    this.#batches.sealed(number, end);
  }

  /** No thread takes it. */
  remove(): void {
    const file = this.#state.take();
    if (!file) return;
    const { descriptor, number, isWritten } = file;
    if (!isWritten) this.#state.leave();
    const removed = removeOwn(this.#pathOf(number), descriptor);
    if (isWritten) void removed.then(() => promisify(close)(descriptor)).catch(() => {});
  }

  #pathOf(number: number): string {
    const { base, key } = this.#options;
    return join(serviceDirectory(base, key), ownName(number));
  }

  async #run(): Promise<void> {
    try {
      const { base, key } = this.#options;
      const number = await freeNumber(base, serviceDirectory(base, key));
      if (number === undefined || this.#state.isTaken) return;
      const path = this.#pathOf(number);
      const descriptor = await this.#open(path, number);
      if (descriptor === undefined) return;
      const isUseless = !(await this.#writeRounds(descriptor));
      if (isUseless) await removeOwn(path, descriptor);
      if (isUseless || this.#state.isLeft) await promisify(close)(descriptor);
    } catch {
      // The thread reports what is wrong.
    }
  }

  /** @returns undefined when it is too late */
  async #open(path: string, number: number): Promise<number | undefined> {
    const { O_CREAT, O_EXCL, O_RDWR, O_NOFOLLOW = 0 } = constants;
    this.#state.making(number);
    try {
      const descriptor = await promisify(open)(path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW, 0o600);
      this.#isOpen = true;
      if (this.#state.opened(descriptor, number)) return descriptor;
      await removeOwn(path, descriptor);
      await promisify(close)(descriptor);
      return undefined;
    } finally {
      this.#state.making(undefined);
    }
  }

  /** @returns true once the sender thread has it; false if useless */
  async #writeRounds(descriptor: number): Promise<boolean> {
    const header = encodeHeader(newHeader(this.#options, ownIdentity(), true), crc32);
    let isFirst = true;
    for (;;) {
      const frames = this.#batches.frames(LAST_FRAME_AT - this.#size, crc32);
      const to = this.#batches.isWritten ? this.#batches.end : undefined;
      const now = performance.now();
      if (frames.length > 0) {
        const at = this.#size;
        for (const part of frames) this.#size += part.length;
        if (!this.#state.beginWrite()) return true;
        const isWritten = await Promise.all([
          !isFirst || writtenWhole(descriptor, [header], 0),
          writtenWhole(descriptor, frames, at),
        ]);
        isFirst = false;
        if (!this.#state.endWrite()) return true;
        if (isWritten.includes(false)) return this.#state.take() === undefined;
      }
      if (to) this.#written = { to, at: now };
      await new Promise((resolve) => setTimeout(resolve, WRITE_MS).unref());
      if (this.#state.isTaken) return true;
    }
  }
}

async function writtenWhole(descriptor: number, parts: readonly Buffer[], at: number): Promise<boolean> {
  let length = 0;
  for (const part of parts) length += part.length;
  const written = await promisify(writev)(descriptor, parts, at).catch(() => undefined);
  return written?.bytesWritten === length;
}

/** Another process may have taken this file for dead. */
async function removeOwn(path: string, descriptor: number): Promise<void> {
  try {
    const [there, own] = await Promise.all([promisify(lstat)(path), promisify(fstat)(descriptor)]);
    if (there.ino === own.ino) await promisify(unlink)(path);
  } catch {
    // Already removed.
  }
}
