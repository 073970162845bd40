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

/**
 * Passes a value to what the library does next, after the first method has returned. Forgotten in the next microtask: if
 * the library waits in between, what comes then may be of another caller.
 */
export class BriefHandOver<T> {
  #offered: T | undefined;
  readonly #forget = (): void => void (this.#offered = undefined);

  offer(value: T | undefined): void {
    if (this.#offered === undefined && value !== undefined) queueMicrotask(this.#forget);
    this.#offered = value;
  }

  get offered(): T | undefined {
    return this.#offered;
  }

  take(): T | undefined {
    const value = this.#offered;
    this.#offered = undefined;
    return value;
  }
}
