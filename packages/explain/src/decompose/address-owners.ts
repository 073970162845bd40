import type { SpanTable } from '../spans/span-table.ts';

/** Of all calls to an address, one service must have answered so many for it to be the one there. */
const LEAST_SHARE = 0.9;

/**
 * Which service answers at an address: known from calls that it made a span of. So a call that got no answer is still one to
 * that service; so is one that a breaker cut off or refused. Behind a proxy there may be several: then nobody knows.
 */
export class AddressOwners {
  /** Calls answered, by service, by address; for each caller, and for all. */
  readonly #answers = new Map<number, Map<number, number>>();
  readonly #table: SpanTable;

  constructor(table: SpanTable, remote: Int32Array) {
    this.#table = table;
    for (let row = 0; row < remote.length; row++) {
      if (remote[row]! < 0) continue;
      const owner = table.service[remote[row]!]!;
      const { breaker } = table.facts[row] ?? {};
      for (const address of [table.target[row]!, breaker ? this.#breaker(breaker) : 0]) {
        if (address === 0) continue;
        this.#count(address, owner);
        this.#count(keyOf(table.service[row]!, address), owner);
      }
    }
  }

  /** The service that a call goes to; undefined where it is not known. */
  of(row: number): number | undefined {
    const target = this.#table.target[row]!;
    const breaker = this.#table.facts[row]?.breaker;
    const address = target || (breaker ? this.#breaker(breaker) : 0);
    const own = this.#answers.get(keyOf(this.#table.service[row]!, address));
    return mostOf(own ?? this.#answers.get(address));
  }

  /** Whether any service has answered at an address. */
  has(address: number): boolean {
    return this.#answers.has(address);
  }

  #breaker(name: string): number {
    return this.#table.strings.id(`breaker ${name}`);
  }

  #count(key: number, owner: number): void {
    let counts = this.#answers.get(key);
    if (!counts) this.#answers.set(key, (counts = new Map()));
    counts.set(owner, (counts.get(owner) ?? 0) + 1);
  }
}

/** One key for an address as one caller knows it; an address alone is below all of these. */
function keyOf(caller: number, address: number): number {
  return caller * 2 ** 24 + address;
}

function mostOf(counts: Map<number, number> | undefined): number | undefined {
  if (!counts) return undefined;
  let [all, most] = [0, 0];
  let best: number | undefined;
  for (const [owner, n] of counts) {
    all += n;
    if (n > most) [best, most] = [owner, n];
  }
  return most >= all * LEAST_SHARE ? best : undefined;
}
