/** Oldest go first. */
const MAX_PARTITIONS = 1_000;
const MAX_FAILURES = 32;

/** To be redelivered. */
interface Failure {
  readonly from: bigint;
  readonly to: bigint;
  count: number;
  /** `performance.now()`. */
  at: number;
  /** A rebalance may give the partition away. */
  readonly generation: unknown;
}

export interface Earlier {
  failures: number;
  /** `performance.now()`; undefined: perhaps tried elsewhere. */
  since: number | undefined;
}

/** Kafka redelivers in order from the first uncommitted offset, without counting. */
export class Attempts {
  readonly #partitions = new Map<string, Failure[]>();

  /** @param from first unresolved */
  failed(partition: string, from: bigint, to: bigint, generation: unknown): void {
    if (from > to) return;
    const failures = this.#partitions.get(partition) ?? [];
    this.#partitions.delete(partition);
    this.#partitions.set(partition, failures);
    const same = failures.find((each) => each.from === from && each.to === to && each.generation === generation);
    if (same) {
      same.count++;
      same.at = performance.now();
    } else failures.push({ from, to, count: 1, at: performance.now(), generation });
    if (failures.length > MAX_FAILURES) failures.shift();
    if (this.#partitions.size > MAX_PARTITIONS) this.#partitions.delete(this.#partitions.keys().next().value!);
  }

  /** Earlier ones are done. */
  begin(partition: string, first: bigint): void {
    const failures = this.#partitions.get(partition);
    if (!failures) return;
    const rest = failures.filter(({ to }) => to >= first);
    if (rest.length > 0) this.#partitions.set(partition, rest);
    else this.#partitions.delete(partition);
  }

  of(partition: string, offset: bigint, generation: unknown): Earlier | undefined {
    let earlier: Earlier | undefined;
    for (const failure of this.#partitions.get(partition) ?? []) {
      if (offset < failure.from || offset > failure.to) continue;
      earlier ??= { failures: 0, since: undefined };
      earlier.failures += failure.count;
      if (failure.generation === generation) earlier.since = Math.max(earlier.since ?? 0, failure.at);
      else earlier.since = undefined;
    }
    return earlier;
  }

  /** Without comparing. */
  get isEmpty(): boolean {
    return this.#partitions.size === 0;
  }
}
