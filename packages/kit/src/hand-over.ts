/** For the next wrapped method the library calls. */
class Offer<T> {
  protected value: T | undefined;
  #wasTaken = false;

  get offered(): T | undefined {
    return this.value;
  }

  /** Ever: the code between is synchronous. */
  get wasTaken(): boolean {
    return this.#wasTaken;
  }

  take(): T | undefined {
    const { value } = this;
    if (value === undefined) return undefined;
    this.#wasTaken = true;
    this.value = undefined;
    return value;
  }
}

/**
 * Passes a value to another wrapped method that the library calls before the first returns. The code between must be
 * synchronous; each use has a test.
 */
export class HandOver<T> extends Offer<T> {
  /** @returns the previous, for {@link end} */
  offer(value: T): T | undefined {
    const outer = this.value;
    this.value = value;
    return outer;
  }

  /**
   * @param outer from {@link offer}
   * @returns whether it was taken
   */
  end(value: T, outer: T | undefined): boolean {
    const isTaken = this.value !== value;
    this.value = outer;
    return isTaken;
  }
}

/** Passes a value to what follows the first method's return, until the next microtask. */
export class BriefHandOver<T> extends Offer<T> {
  readonly #forget = (): void => void (this.value = undefined);

  offer(value: T | undefined): void {
    if (this.value === undefined && value !== undefined) queueMicrotask(this.#forget);
    this.value = value;
  }
}
