/** One batch in flight retains a whole chunk. */
export const MIN_BUDGET_BYTES: number = 256 * 1024;

/** Bytes, for all threads of a process. */
export class Budget {
  readonly limit: number;
  readonly #words: Int32Array;
  readonly #word: number;

  /** @param limit bytes, at least {@link MIN_BUDGET_BYTES} */
  constructor(limit: number, words: Int32Array = new Int32Array(1), word = 0) {
    // 32-bit counter.
    this.limit = Math.min(Math.max(limit, MIN_BUDGET_BYTES), 2 ** 31 - 1);
    this.#words = words;
    this.#word = word;
  }

  get used(): number {
    return Atomics.load(this.#words, this.#word);
  }

  /** Whether so much waits that log records would displace spans. */
  get isFullForLogs(): boolean {
    return this.used > this.limit / 2;
  }

  reserve(bytes: number): boolean {
    if (this.used + bytes > this.limit) return false;
    if (Atomics.add(this.#words, this.#word, bytes) + bytes <= this.limit) return true;
    this.release(bytes);
    return false;
  }

  release(bytes: number): void {
    Atomics.sub(this.#words, this.#word, bytes);
  }
}
