/** Cleared when full: keys may be unbounded. */
export class BoundedMap<K, V> {
  readonly #limit: number;
  readonly #known = new Map<K, V>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: K): V | undefined {
    return this.#known.get(key);
  }

  set(key: K, value: V): V {
    if (this.#known.size >= this.#limit) this.#known.clear();
    this.#known.set(key, value);
    return value;
  }
}
