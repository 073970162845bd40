/**
 * Passes a value to another wrapped method that the library calls before the first returns. The code between must be
 * synchronous, so each use has a test.
 */
export class HandOver<T> {
  #offered: T | undefined;

  /** @returns the previous value, for {@link end} */
  offer(value: T): T | undefined {
    const outer = this.#offered;
    this.#offered = value;
    return outer;
  }

  get offered(): T | undefined {
    return this.#offered;
  }

  take(): T | undefined {
    const value = this.#offered;
    this.#offered = undefined;
    return value;
  }

  /**
   * @param outer from {@link offer}
   * @returns whether the value was taken
   */
  end(value: T, outer: T | undefined): boolean {
    const isTaken = this.#offered !== value;
    this.#offered = outer;
    return isTaken;
  }
}
