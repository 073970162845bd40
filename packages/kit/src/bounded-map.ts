/**
 * What is made once for each of a few keys. Somebody may have no end of keys: when it is full it starts over, and what
 * is frequent is back at once.
 */
export class BoundedMap<K, V> {
  readonly #limit: number;
  readonly #known = new Map<K, V>();

  /** @param limit most keys that are remembered */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: K): V | undefined {
    return this.#known.get(key);
  }

  /** @returns `value` */
  set(key: K, value: V): V {
    if (this.#known.size >= this.#limit) this.#known.clear();
    this.#known.set(key, value);
    return value;
  }
}
