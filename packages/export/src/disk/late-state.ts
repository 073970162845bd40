import fs from 'node:fs';
import type { SpoolMemory } from './spool-memory.ts';

/** Up to where the sender thread has written the main thread's records: a batch's number, and a position in it. */
const WRITTEN_NUMBER = 11;
const WRITTEN_END = 12;
/** 1 while the sender thread may wait for the disk. */
const AT_DISK = 13;
/** When it has looked for what is new, by {@link clockMs}. */
const LOOKED_AT = 14;
/** Who has the main thread's late file; see late-file.ts. */
const STATE = 15;
const FILE_NUMBER = 16;
/** Where it ends. */
const LATE_NUMBER = 17;
const LATE_END = 18;
/** Of the sender thread, as the kernel knows it; 0: unknown. */
const THREAD = 19;

/** There is none. */
const NONE = 0;
/** The main thread writes to it. */
const WRITING = 1;
const THERE = 2;
/** The sender thread removes it. */
const REMOVING = 3;

/** In the records of the main thread. */
export interface Position {
  /** Of a batch; wraps. */
  readonly number: number;
  readonly end: number;
}

/** All of a batch. */
export const WHOLE = 0x7fffffff;

// Before the application replaces some.
const { readFileSync, readlinkSync } = fs;
const { hrtime } = process;

/** One clock for all threads; wraps. */
export function clockMs(): number {
  return Number(hrtime.bigint() / 1_000_000n) | 0;
}

/** Whether all before `one` is before `other`, too. */
export function isWithin(one: Position, other: Position): boolean {
  const ahead = (other.number - one.number) | 0;
  return ahead > 0 || (ahead === 0 && one.end <= other.end);
}

/** Of both threads: what is written, and whose the late file is. */
export class LateState {
  readonly #words: Int32Array;
  /** Sender thread: calls within calls. */
  #depth = 0;

  constructor({ words }: SpoolMemory) {
    this.#words = words;
  }

  /** Sender thread. */
  written({ number, end }: Position): void {
    // A reader between sees too little.
    Atomics.store(this.#words, WRITTEN_END, 0);
    Atomics.store(this.#words, WRITTEN_NUMBER, number | 0);
    Atomics.store(this.#words, WRITTEN_END, end);
  }

  /** Undefined before the sender thread's first write. */
  get lastWritten(): Position | undefined {
    const number = Atomics.load(this.#words, WRITTEN_NUMBER);
    const end = Atomics.load(this.#words, WRITTEN_END);
    if (number === 0 && end === 0) return undefined;
    return { number, end: Atomics.load(this.#words, WRITTEN_NUMBER) === number ? end : 0 };
  }

  /** Sender thread: the main thread would wait, too. */
  atDisk<T>(run: () => T): T {
    this.#depth++;
    Atomics.store(this.#words, AT_DISK, 1);
    try {
      return run();
    } finally {
      if (--this.#depth === 0) Atomics.store(this.#words, AT_DISK, 0);
    }
  }

  /** Sender thread: the disk is not used any more. */
  giveUp(): void {
    this.#depth++;
    this.#words[THREAD] = 0;
    Atomics.store(this.#words, AT_DISK, 1);
  }

  /** Another sender thread may have died with it. */
  takeOver(): void {
    this.#words[THREAD] = threadId();
    Atomics.store(this.#words, AT_DISK, 0);
    Atomics.compareExchange(this.#words, STATE, REMOVING, THERE);
  }

  get isAtDisk(): boolean {
    return Atomics.load(this.#words, AT_DISK) === 1;
  }

  /** Main thread: whether the sender thread waits for a processor, not for the disk. */
  get isStarved(): boolean {
    const thread = this.#words[THREAD];
    if (thread === 0) return false;
    try {
      const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1');
      return stat[stat.lastIndexOf(')') + 2] === 'R';
    } catch {
      return false;
    }
  }

  /** Sender thread, when it looks for what is new. */
  looked(at: number = clockMs()): void {
    Atomics.store(this.#words, LOOKED_AT, at);
  }

  /** Since the sender thread had a processor, ms. */
  sinceLook(at: number): number {
    return Math.max(0, (at - Atomics.load(this.#words, LOOKED_AT)) | 0);
  }

  /** Main thread. @returns whether it is to be made, or 'no': the sender thread is awake */
  beginWrite(): 'make' | 'append' | 'no' {
    if (Atomics.compareExchange(this.#words, STATE, NONE, WRITING) === NONE) return 'make';
    return Atomics.compareExchange(this.#words, STATE, THERE, WRITING) === THERE ? 'append' : 'no';
  }

  /** @param file its number; undefined: there is none */
  endWrite(file: number | undefined, { number, end }: Position): void {
    this.#words[FILE_NUMBER] = file ?? 0;
    this.#words[LATE_NUMBER] = number | 0;
    this.#words[LATE_END] = end;
    Atomics.store(this.#words, STATE, file === undefined ? NONE : THERE);
    Atomics.notify(this.#words, STATE);
  }

  get isNone(): boolean {
    return Atomics.load(this.#words, STATE) === NONE;
  }

  /**
   * Sender thread; {@link removed} follows.
   *
   * @param written removed once all of it is before that; undefined: in any case
   * @returns the file's number
   */
  beginRemoval(written: Position | undefined, patienceMs: number): number | undefined {
    if (this.isNone) return undefined;
    // The main thread's write is short, unless it gets no processor.
    if (written === undefined) Atomics.wait(this.#words, STATE, WRITING, patienceMs);
    if (Atomics.compareExchange(this.#words, STATE, THERE, REMOVING) !== THERE) return undefined;
    const end = { number: this.#words[LATE_NUMBER]!, end: this.#words[LATE_END]! };
    if (written === undefined || isWithin(end, written)) return this.#words[FILE_NUMBER];
    Atomics.store(this.#words, STATE, THERE);
    return undefined;
  }

  removed(): void {
    Atomics.store(this.#words, STATE, NONE);
  }
}

/** Of this thread, by the kernel; 0 where it does not say. */
function threadId(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1)) || 0;
  } catch {
    return 0;
  }
}
