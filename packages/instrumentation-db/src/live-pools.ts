import type { PoolBook } from './pool-book.ts';

/** How many pools are kept track of before the collected ones are swept out. */
const SWEEP_AT = 64;

/** The pools of the process and their books, until they are ended or nobody else holds them. */
export class LivePools {
  readonly #books = new WeakMap<object, PoolBook>();
  #pools: WeakRef<object>[] = [];
  #sweepAt = SWEEP_AT;

  get(pool: object): PoolBook | undefined {
    return this.#books.get(pool);
  }

  add(pool: object, book: PoolBook): void {
    if (this.#pools.length >= this.#sweepAt) {
      this.#pools = this.#pools.filter((ref) => ref.deref() !== undefined);
      this.#sweepAt = Math.max(SWEEP_AT, this.#pools.length * 2);
    }
    this.#books.set(pool, book);
    this.#pools.push(new WeakRef(pool));
  }

  *[Symbol.iterator](): Generator<[object, PoolBook]> {
    for (const ref of this.#pools) {
      const pool = ref.deref();
      const book = pool && this.#books.get(pool);
      if (book && !book.source.isEnded(pool)) yield [pool, book];
    }
  }
}
