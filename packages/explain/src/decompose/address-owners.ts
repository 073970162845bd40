import type { SpanTable } from '../spans/span-table.ts';

/** Share of answered calls by which a service owns an address. */
const LEAST_SHARE = 0.9;

/** Which service answers at an address, by its server spans. Unknown behind a proxy. */
export class AddressOwners {
  /** Per caller and for all callers. */
  readonly #answers = new Map<number, Map<number, number>>();
  readonly #table: SpanTable;

  constructor(table: SpanTable, remote: Int32Array) {
    this.#table = table;
    for (let row = 0; row < remote.length; row++) {
      if (remote[row]! < 0) continue;
      const owner = table.service[remote[row]!]!;
      const { breaker } = table.attributes[row] ?? {};
      for (const address of [table.target[row]!, breaker ? this.#breaker(breaker) : 0]) {
        if (address === 0) continue;
        this.#count(address, owner);
        this.#count(keyOf(table.service[row]!, address), owner);
      }
    }
  }

  of(row: number): number | undefined {
    const target = this.#table.target[row]!;
    const breaker = this.#table.attributes[row]?.breaker;
    const address = target || (breaker ? this.#breaker(breaker) : 0);
    const own = this.#answers.get(keyOf(this.#table.service[row]!, address));
    return mostOf(own ?? this.#answers.get(address));
  }

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

/** Addresses alone have smaller keys. */
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
