/**
 * What one wrapped method has for another one that the library calls before the first returns: the query that is being
 * sent, the caller that is about to stand in line. It holds only while the library's code between the two is
 * synchronous. Each use therefore has a test that fails when the second method is called later.
 */
export class HandOver<T> {
  #offered: T | undefined;

  /** @returns what was offered before, for {@link end} */
  offer(value: T): T | undefined {
    const outer = this.#offered;
    this.#offered = value;
    return outer;
  }

  /** The value on offer, which stays there. */
  get offered(): T | undefined {
    return this.#offered;
  }

  /** The value on offer, for one taker. */
  take(): T | undefined {
    const value = this.#offered;
    this.#offered = undefined;
    return value;
  }

  /**
   * The first method returns.
   *
   * @param outer what {@link offer} returned
   * @returns whether the value was taken
   */
  end(value: T, outer: T | undefined): boolean {
    const isTaken = this.#offered !== value;
    this.#offered = outer;
    return isTaken;
  }
}
