/** Messages remembered at most: what failed and never came back here is forgotten, oldest first. */
const MAX_MESSAGES = 1_000;

/** How often a message failed in this process, and since when it is due again, `performance.now()`. */
export interface Redelivery {
  failures: number;
  since: number;
}

/** What this process knows of messages that failed here, for libraries that do not count, or do not say since when. */
export class Redeliveries {
  readonly #failed = new Map<string, Redelivery>();

  /**
   * @param key what makes a message the same one; undefined when nothing does
   * @param delayMs until it is due again
   */
  failed(key: string | undefined, delayMs = 0): void {
    if (key === undefined) return;
    const failures = (this.#failed.get(key)?.failures ?? 0) + 1;
    this.#failed.delete(key);
    this.#failed.set(key, { failures, since: performance.now() + delayMs });
    if (this.#failed.size > MAX_MESSAGES) this.#failed.delete(this.#failed.keys().next().value!);
  }

  succeeded(key: string | undefined): void {
    if (key !== undefined && this.#failed.size > 0) this.#failed.delete(key);
  }

  of(key: string | undefined): Redelivery | undefined {
    return key === undefined ? undefined : this.#failed.get(key);
  }

  /** Nothing failed here: most of the time, keys need not even be made. */
  get isEmpty(): boolean {
    return this.#failed.size === 0;
  }

  /** How long it has been due, when it failed here. */
  waitMs(key: string | undefined): number | undefined {
    const redelivery = this.of(key);
    return redelivery && Math.max(0, performance.now() - redelivery.since);
  }
}
