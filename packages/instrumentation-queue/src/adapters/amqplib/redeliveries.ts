/** Oldest go first. */
const MAX_MESSAGES = 1_000;

export interface Redelivery {
  failures: number;
  /** Last failure, `performance.now()`. */
  since: number;
}

/** `redelivered` is only a flag. */
export class Redeliveries {
  readonly #failed = new Map<string, Redelivery>();

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
