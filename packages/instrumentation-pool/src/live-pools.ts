import type { Holding } from './holding.ts';
import type { KnownPool } from './known-pool.ts';

/** From here, collected pools go. */
const SWEEP_AT = 64;

/** Until ended or collected. */
export class LivePools {
  /** That have any: one a library. */
  static readonly all = new Set<LivePools>();

  readonly #known = new WeakMap<object, KnownPool>();
  #pools: WeakRef<object>[] = [];
  #sweepAt = SWEEP_AT;

  get(pool: object): KnownPool | undefined {
    return this.#known.get(pool);
  }

  add(pool: object, known: KnownPool): void {
    if (this.#pools.length >= this.#sweepAt) {
      this.#pools = this.#pools.filter((ref) => ref.deref() !== undefined);
      this.#sweepAt = Math.max(SWEEP_AT, this.#pools.length * 2);
    }
    LivePools.all.add(this);
    this.#known.set(pool, known);
    this.#pools.push(new WeakRef(pool));
  }

  /** Of connections, for each call of the application: no generator, and nothing where pools are many. */
  forHoldings(look: (holding: Holding) => unknown): void {
    if (this.#pools.length > SWEEP_AT) return;
    for (const ref of this.#pools) {
      const pool = ref.deref();
      const known = pool && this.#known.get(pool);
      if (!known || known.source.ofTasks) continue;
      for (let holding = known.holdings.oldest; holding; holding = holding.after) look(holding);
    }
  }

  *[Symbol.iterator](): Generator<[object, KnownPool]> {
    for (const ref of this.#pools) {
      const pool = ref.deref();
      const known = pool && this.#known.get(pool);
      if (known && !known.source.isEnded(pool)) yield [pool, known];
    }
  }
}
