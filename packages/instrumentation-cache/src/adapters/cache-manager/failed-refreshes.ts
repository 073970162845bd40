import { context } from '@opentelemetry/api';
import { noteDegraded } from '@foreshock/kit';

const MAX_KEYS = 1_000;

/**
 * Keys whose refresh (`refreshThreshold`) has failed: until one succeeds, or the value expires, callers of `wrap` get
 * what was to be replaced.
 */
export class FailedRefreshes {
  readonly #cache: string;
  readonly #keys = new Set<unknown>();

  /** @param cache its name */
  constructor(cache: string) {
    this.#cache = cache;
  }

  get any(): boolean {
    return this.#keys.size > 0;
  }

  ended(key: unknown, failed: boolean): void {
    if (!failed) this.#keys.delete(key);
    else if (this.#keys.size < MAX_KEYS) this.#keys.add(key);
  }

  read(key: unknown): void {
    if (this.#keys.has(key)) noteDegraded(context.active(), 'stale', this.#cache);
  }
}
