import { crc32 } from 'node:zlib';
import type { RecordBatch } from '../otlp-request.ts';
import { isItem, recordEnd } from '../records.ts';
import { coreFilePrefix } from './core-file.ts';
import { removeFile, removeLate, removeOwn } from './dead-files.ts';
import { newHeader, type DiskOptions } from './disk-options.ts';
import { encodeEndRequest } from './end-request.ts';
import { DONE, encodeHeader, END_REQUEST_AT, keyOf, MAIN, OPEN_SPANS_AT, type FileHeader } from './file-layout.ts';
import { ownName } from './file-names.ts';
import type { Heartbeat } from './heartbeat.ts';
import { HeartbeatRing } from './heartbeat-ring.ts';
import { isWithin, LateState, WHOLE, type Position } from './late-state.ts';
import { OpenSpanCopy } from './open-span-copy.ts';
import { ownIdentity, type ProcessIdentity } from './process-identity.ts';
import { makePrivate, serviceDirectory } from './spool-directory.ts';
import { SpoolFile } from './spool-file.ts';
import { HAS_FILES } from './spool-memory.ts';
import { removeUnfinished, takeEarlyFile } from './taken-file.ts';

/** Of a thread that has no processor. */
const LATE_PATIENCE_MS = 200;

interface Written {
  /** Bytes from its start. */
  length: number;
  readonly files: SpoolFile[];
}

/** Adds waiting batches, removes delivered ones; sender thread. */
export class SpoolWriter {
  readonly #directory: string;
  readonly #options: DiskOptions;
  readonly #onTrouble: (cause: string) => void;
  #openSpans: OpenSpanCopy;
  readonly #heartbeats: HeartbeatRing;
  readonly #own: ProcessIdentity = ownIdentity();
  readonly #batches = new Map<number, Written>();
  #files: SpoolFile[] = [];
  #home: SpoolFile | undefined;
  #current: SpoolFile | undefined;
  #hasBegun = false;
  /** Number of the main thread's file, until the home is in its place. */
  #replaces: number | undefined;
  #isFull = false;
  #hasFailed = false;
  #hasEnded = false;
  #hasEndRequest = false;
  readonly #late: LateState;
  /** Of the main thread's records, perhaps not published. */
  #written: Position | undefined;

  /** @param onTrouble the spool is full or the disk fails */
  constructor(options: DiskOptions, onTrouble: (cause: string) => void) {
    this.#directory = serviceDirectory(options.base, options.key);
    this.#options = options;
    this.#onTrouble = onTrouble;
    this.#late = new LateState(options.memory);
    this.#late.takeOver();
    this.#openSpans = new OpenSpanCopy(options.memory);
    this.#heartbeats = new HeartbeatRing(options.memory);
  }

  /** Whether it has what the main thread's file has. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Whether the main thread has written in this one's place. */
  get hasLate(): boolean {
    return !this.#late.isNone;
  }

  /** Of an earlier sender thread; all is still in memory. */
  removeEarlier(): void {
    this.atDisk(() => {
      this.#removeLate();
      removeOwn(this.#directory, this.#own, this.#options.instance);
    });
  }

  /** What may wait for the disk. */
  atDisk<T>(run: () => T): T {
    return this.#late.atDisk(run);
  }

  /** Not before there is something to write: until then the main thread goes on. */
  #takeEarlyFile(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const taken = takeEarlyFile(this.#options.memory, this.#directory);
    if (!taken) return;
    if ('replaces' in taken) {
      this.#replaces = taken.replaces;
      return;
    }
    const { file, batches } = taken;
    // The main thread does not look for core files.
    const header = this.#newHeader(true);
    if (header.core !== undefined) file.writeAt(encodeHeader(header, crc32), 0);
    this.#begin(file);
    this.#files.push(file);
    for (const { key, end } of batches) {
      file.batches.add(key);
      this.#batches.set(key, { length: end, files: [file] });
    }
  }

  write(kind: number, { bytes, number, start }: Pick<RecordBatch, 'bytes' | 'number' | 'start'>, end: number): void {
    this.#guard(() => this.#takeEarlyFile());
    const key = keyOf(kind, number);
    let batch = this.#batches.get(key);
    if (!batch) this.#batches.set(key, (batch = { length: 0, files: [] }));
    const written = batch;
    if (end > start + written.length) this.#guard(() => this.#write(written, key, kind, { bytes, number, start }, end));
    if (kind === MAIN) this.#dealtWith({ number, end });
    if (this.#home?.isPublished !== false) this.#sayWritten();
  }

  /** What was waiting is written. */
  publish(): void {
    this.#guard(() => this.#home?.publish());
    this.#late.looked();
    this.#sayWritten();
  }

  /** The main thread's records so far are written, or a backend has them. */
  #dealtWith(to: Position): void {
    if (!this.#written || isWithin(this.#written, to)) this.#written = to;
  }

  /** The main thread does not do it instead. */
  #sayWritten(): void {
    const written = this.#written;
    if (!written) return;
    this.#late.written(written);
    this.#removeLate(written);
  }

  /** @param written once all of it is before that; else in any case */
  #removeLate(written?: Position): void {
    const number = this.#late.beginRemoval(written, LATE_PATIENCE_MS);
    if (number === undefined) return;
    removeLate(this.#directory, ownName(number), this.#options.instance);
    this.#late.removed();
  }

  finished(kind: number, number: number): void {
    if (kind === MAIN) this.#backendHas(number);
    const key = keyOf(kind, number);
    this.#home?.finished(key);
    const batch = this.#batches.get(key);
    if (!batch) return;
    this.#batches.delete(key);
    this.#guard(() => {
      // Its spans have ended: not open in the file.
      this.#copyOpenSpans(true);
      for (const file of batch.files) {
        file.finished(key);
        if (file.batches.size > 0) file.append(kind + DONE, number, []);
        else if (file.home) file.rewind();
        else this.#remove(file);
      }
      // The last batch's answer came after the end.
      if (this.#hasEnded && this.#batches.size === 0) this.#removeAll();
    });
  }

  /** @param isSent whether the next process takes the batch for delivered */
  sent(kind: number, number: number, isSent: boolean): void {
    const key = keyOf(kind, number);
    const files = new Set(this.#batches.get(key)?.files);
    // The main thread may write it to its late file meanwhile.
    if (this.#home) files.add(this.#home);
    this.#guard(() => {
      for (const file of files) file.sent(key, isSent);
    });
  }

  /** Recovery would send it again from the main thread's late file. */
  #backendHas(number: number): void {
    this.#dealtWith({ number, end: WHOLE });
    if (this.#home?.isPublished !== false) this.#sayWritten();
    this.#removeLate();
  }

  /** @returns the heartbeat, written or not */
  update(waitingSpans: number): Heartbeat {
    this.#guard(() => this.#copyOpenSpans(false));
    const beat = this.#heartbeats.take(this.#openSpans.open, waitingSpans);
    this.#guard(() => this.#home && this.#heartbeats.write(this.#home, beat));
    this.#guard(() => this.#writeEndRequest());
    return beat;
  }

  #writeEndRequest(): void {
    const request = this.#home && !this.#hasEndRequest ? encodeEndRequest(this.#options.memory) : undefined;
    if (!request) return;
    this.#home?.writeAt(request, END_REQUEST_AT);
    this.#hasEndRequest = true;
  }

  /** The process may end before the last answer. */
  markEnded(): void {
    this.#guard(() => {
      this.#takeEarlyFile();
      this.#home?.markEnded();
    });
    this.#removeLate();
  }

  /** @param isDelivered nothing is left to send */
  end(isDelivered: boolean): void {
    this.#hasEnded = true;
    this.#guard(() => this.#takeEarlyFile());
    this.#guard(() => removeUnfinished(this.#options.memory, this.#directory));
    if (isDelivered) this.#guard(() => this.#removeAll());
    else this.markEnded();
  }

  /**
   * Begins again if files were deleted or taken over by a process.
   *
   * @returns whether nothing is written any more
   */
  checkFiles(): boolean {
    let isNew = false;
    this.#guard(() => {
      if (!this.#home || this.#home.isOurs) return;
      isNew = true;
      for (const file of this.#files) file.close();
      this.#forget();
      Atomics.store(this.#options.memory.words, HAS_FILES, 0);
      this.#openSpans = new OpenSpanCopy(this.#options.memory);
    });
    return isNew;
  }

  /** By the clock of the file system; ms since 1970. */
  get now(): number {
    return this.#home ? this.#home.writtenAt : Date.now();
  }

  #write(
    batch: Written,
    key: number,
    kind: number,
    { bytes, number, start }: Pick<RecordBatch, 'bytes' | 'number' | 'start'>,
    end: number,
  ): void {
    let from = start + batch.length;
    batch.length = end - start;
    while (from < end) {
      const file = this.#fileWithRoom();
      if (!file) return;
      const isNew = !batch.files.includes(file);
      const preface = isNew ? prefaceOf(bytes, start, from, number) : [];
      let { room } = file;
      for (const record of preface) room -= record.length;
      // A worker thread's memory may have changed its batch.
      const isWhole = kind === MAIN && end - from <= room;
      const to = isWhole ? end : lastEnd(bytes, from, Math.min(end, from + room), number);
      if (to === from) {
        // Damaged, or larger than a file: only in memory.
        if (file.isEmpty) from = Math.max(recordEnd(bytes, from, end, number), 0) || end;
        else this.#current = undefined;
        continue;
      }
      file.append(kind, number, [...preface, bytes.subarray(from, to)]);
      file.batches.add(key);
      if (isNew) batch.files.push(file);
      from = to;
    }
  }

  #fileWithRoom(): SpoolFile | undefined {
    const home = this.#openHome();
    if (!home) return undefined;
    this.#current ??= home.isEmpty ? home : this.#create(false);
    return this.#current;
  }

  #openHome(): SpoolFile | undefined {
    this.#takeEarlyFile();
    if (this.#home) return this.#home;
    makePrivate(this.#options.base, this.#directory);
    const home = this.#create(true);
    if (home) this.#begin(home);
    return home;
  }

  #begin(home: SpoolFile): void {
    Atomics.store(this.#options.memory.words, HAS_FILES, 1);
    this.#home = home;
    this.#current = home;
  }

  #newHeader(home: boolean): FileHeader {
    return { ...newHeader(this.#options, this.#own, home), core: home ? coreFilePrefix() : undefined };
  }

  #create(home: boolean): SpoolFile | undefined {
    const header = this.#newHeader(home);
    let reason = 'it is full';
    try {
      const file =
        this.#replaces === undefined
          ? SpoolFile.create(this.#directory, header)
          : SpoolFile.replacement(this.#directory, this.#replaces, this.#own, header);
      this.#replaces = undefined;
      if (file) {
        this.#files.push(file);
        return file;
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // The process has no descriptor left; later it may.
      if (code !== 'EMFILE' && code !== 'ENFILE') throw error;
      reason = code;
    }
    if (!this.#isFull) this.#onTrouble(reason);
    this.#isFull = true;
    return undefined;
  }

  #copyOpenSpans(endedOnly: boolean): void {
    if (!this.#options.saysEnd || this.#hasEnded) return;
    this.#openSpans.update((bytes, at) => this.#openHome()?.writeAt(bytes, OPEN_SPANS_AT + at), endedOnly);
  }

  #remove(file: SpoolFile): void {
    this.#files = this.#files.filter((other) => other !== file);
    if (this.#current === file) this.#current = undefined;
    file.remove();
  }

  #removeAll(): void {
    this.#removeLate();
    const files = this.#files;
    this.#forget();
    try {
      for (const file of files) file.remove();
      if (this.#replaces !== undefined) removeFile(this.#directory, ownName(this.#replaces));
    } finally {
      // Then the main thread may end the process.
      Atomics.store(this.#options.memory.words, HAS_FILES, 0);
    }
  }

  #forget(): void {
    this.#batches.clear();
    this.#hasEndRequest = false;
    this.#files = [];
    this.#home = undefined;
    this.#current = undefined;
  }

  #guard(run: () => void): void {
    if (this.#hasFailed) return;
    try {
      this.#late.atDisk(run);
    } catch (error) {
      this.#hasFailed = true;
      // Nor does the main thread write.
      this.#late.giveUp();
      try {
        // They would be sent again.
        this.#removeAll();
      } catch {
        // The first error is reported.
      }
      const { code, message } = error as NodeJS.ErrnoException;
      this.#onTrouble(code ?? message);
    }
  }
}

/** Resource and scopes, which a batch has in each file. */
function prefaceOf(bytes: Buffer, start: number, end: number, number: number): Buffer[] {
  const preface: Buffer[] = [];
  for (let at = start, next = recordEnd(bytes, at, end, number); next > 0; next = recordEnd(bytes, at, end, number)) {
    if (!isItem(bytes[at + 2]!)) preface.push(bytes.subarray(at, next));
    at = next;
  }
  return preface;
}

/** Of whole records. */
function lastEnd(bytes: Buffer, start: number, end: number, number: number): number {
  let at = start;
  for (let next = recordEnd(bytes, at, end, number); next > 0; next = recordEnd(bytes, at, end, number)) at = next;
  return at;
}
