/** Partitions remembered at most, and failed deliveries of each: what failed longest ago is forgotten first. */
const MAX_PARTITIONS = 1_000;
const MAX_FAILURES = 32;

/** Messages of a partition that were delivered and will be delivered again, from one offset to another. */
interface Failure {
  readonly from: bigint;
  readonly to: bigint;
  count: number;
  /** When it failed, `performance.now()`. */
  at: number;
  /** The group's generation then: with the next one, another process may have had the partition meanwhile. */
  readonly generation: unknown;
}

/** What is known here of a message that comes again. */
export interface Earlier {
  failures: number;
  /** Since when it is due again, `performance.now()`; undefined when another process may have tried since. */
  since: number | undefined;
}

/**
 * How often each message of a partition was delivered in vain in this process. Kafka does not count deliveries; but
 * what is not committed comes again, in order, beginning with the first offset that was not resolved.
 */
export class Attempts {
  readonly #partitions = new Map<string, Failure[]>();

  /** A delivery of messages from one offset to another failed; what is before `from` is resolved. */
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

  /** A delivery begins at an offset: all before it is done with. */
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

  /** Nothing failed here: most of the time, offsets need not even be compared. */
  get isEmpty(): boolean {
    return this.#partitions.size === 0;
  }
}
