/**
 * Passes a value from a wrapped method to another that the library calls before the first returns. It works only while
 * the code between is synchronous, so each use has a test for that.
 */
export class HandOver<T> {
  #offered: T | undefined;

  /** @returns the previous value, for {@link end} */
  offer(value: T): T | undefined {
    const outer = this.#offered;
    this.#offered = value;
    return outer;
  }

  /** Reads the value and keeps it. */
  get offered(): T | undefined {
    return this.#offered;
  }

  /** Removes and returns the value. */
  take(): T | undefined {
    const value = this.#offered;
    this.#offered = undefined;
    return value;
  }

  /**
   * Called when the first method returns.
   *
   * @param outer from {@link offer}
   * @returns whether the value was taken
   */
  end(value: T, outer: T | undefined): boolean {
    const isTaken = this.#offered !== value;
    this.#offered = outer;
    return isTaken;
  }
}
