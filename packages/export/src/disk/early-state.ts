import type { SpoolMemory } from './spool-memory.ts';

/** Who has the main thread's file; see early-file.ts. */
const STATE = 7;
const DESCRIPTOR = 8;
const NUMBER = 9;
/** The file's number plus 1 while it is made or removed; else 0. */
const MAKING = 10;

/** No span has ended. */
const NONE = 0;
/** The main thread makes it. */
const BEGUN = 1;
/** The main thread has it. */
const IDLE = 2;
/** … and writes to it. */
const WRITING = 3;
/** The sender thread has it, or its need is over. */
const TAKEN = 4;
/** The sender thread gave it up while written. */
const LEFT = 5;

export interface EarlyDescriptor {
  readonly descriptor: number;
  readonly number: number;
  /** False: the file has less. */
  readonly isWritten: boolean;
}

/** By agreement, one thread at a time has the file. */
export class EarlyState {
  readonly #words: Int32Array;

  constructor({ words }: SpoolMemory) {
    this.#words = words;
  }

  begin(): boolean {
    return this.#becomes(NONE, BEGUN);
  }

  making(number: number | undefined): void {
    Atomics.store(this.#words, MAKING, number === undefined ? 0 : number + 1);
  }

  /** At the process's end the main thread could not remove it later. */
  get unfinished(): number | undefined {
    const making = Atomics.load(this.#words, MAKING);
    return making === 0 ? undefined : making - 1;
  }

  /** False: the file is not needed. */
  opened(descriptor: number, number: number): boolean {
    this.#words[DESCRIPTOR] = descriptor;
    this.#words[NUMBER] = number;
    return this.#becomes(BEGUN, IDLE);
  }

  /** False: the sender thread has it. */
  beginWrite(): boolean {
    return this.#becomes(IDLE, WRITING);
  }

  /** False: the sender thread has it. */
  endWrite(): boolean {
    return this.#becomes(WRITING, IDLE);
  }

  /** For tests. */
  get isWriting(): boolean {
    return Atomics.load(this.#words, STATE) === WRITING;
  }

  get isTaken(): boolean {
    return Atomics.load(this.#words, STATE) >= TAKEN;
  }

  get isLeft(): boolean {
    return Atomics.load(this.#words, STATE) === LEFT;
  }

  /** @returns the file, if any */
  take(): EarlyDescriptor | undefined {
    const state = Atomics.exchange(this.#words, STATE, TAKEN);
    if (state !== IDLE && state !== WRITING) return undefined;
    const [descriptor, number] = [this.#words[DESCRIPTOR]!, this.#words[NUMBER]!];
    return { descriptor, number, isWritten: state === IDLE };
  }

  /** The main thread, which is writing, closes it. */
  leave(): void {
    Atomics.store(this.#words, STATE, LEFT);
  }

  #becomes(from: number, to: number): boolean {
    return Atomics.compareExchange(this.#words, STATE, from, to) === from;
  }
}
