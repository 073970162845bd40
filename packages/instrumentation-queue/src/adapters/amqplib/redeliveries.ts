/** Messages remembered at most: what failed and never came back here is forgotten, oldest first. */
const MAX_MESSAGES = 1_000;

/** How often a message failed in this process, and since when it is due again, `performance.now()`. */
export interface Redelivery {
  failures: number;
  since: number;
}

/** What this process knows of messages that failed here: a broker says only that it is not the first delivery. */
export class Redeliveries {
  readonly #failed = new Map<string, Redelivery>();

  /** @param key what makes a message the same one; undefined when nothing does */
  failed(key: string | undefined): void {
    if (key === undefined) return;
    const failures = (this.#failed.get(key)?.failures ?? 0) + 1;
    this.#failed.delete(key);
    this.#failed.set(key, { failures, since: performance.now() });
    if (this.#failed.size > MAX_MESSAGES) this.#failed.delete(this.#failed.keys().next().value!);
  }

  succeeded(key: string | undefined): void {
    if (key !== undefined && this.#failed.size > 0) this.#failed.delete(key);
  }

  of(key: string | undefined): Redelivery | undefined {
    return key === undefined ? undefined : this.#failed.get(key);
  }
}
