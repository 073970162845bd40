import { KIND, type SpanTable } from '../spans/span-table.ts';
import type { Trees } from '../spans/trees.ts';

/** Processes of one machine share a clock, read at different times. */
const SAME_MACHINE_MS = 1;

interface Bounds {
  /** What can be added to the callee's times. */
  low: number;
  high: number;
}

/**
 * How far two spans' clocks can be apart. A server works while its caller waits: each call limits the difference between
 * two machines' clocks. Without calls it is unknown, and nothing is ordered.
 */
export class Clocks {
  readonly #table: SpanTable;
  readonly #machineOf: Int32Array;
  /** The most that can be added to the second one's times, to compare them with the first one's. */
  readonly #most: number[][];
  /** Several machines have one name: a call between two of its processes contradicts one clock. */
  readonly #several = new Set<number>();
  /** Of machines with a needed order that nothing tells. */
  readonly #unknown = new Set<number>();

  constructor(table: SpanTable, trees: Trees) {
    this.#table = table;
    const machines = new Map<string, number>();
    this.#machineOf = new Int32Array(table.size);
    for (let row = 0; row < table.size; row++) {
      const host = table.host[row]!;
      // Without a host's name each process may be on its own.
      const key = host === 0 ? `${table.service[row]} ${table.instance[row]}` : String(host);
      let number = machines.get(key);
      if (number === undefined) machines.set(key, (number = machines.size));
      this.#machineOf[row] = number;
    }
    this.#most = shortest(machines.size, this.#boundsOfCalls(trees));
  }

  get unknownPairs(): number {
    return this.#unknown.size;
  }

  /** What is to be added to the other's times, in milliseconds, ±; `Infinity`: not known. */
  between(one: number, other: number): { shift: number; plusMinus: number } {
    const [least, most] = [-this.#mostAdded(other, one), this.#mostAdded(one, other)];
    return most === Infinity
      ? { shift: 0, plusMinus: Infinity }
      : { shift: (least + most) / 2, plusMinus: (most - least) / 2 };
  }

  /** Surely, whatever the clocks say within their difference. */
  isBefore(one: { row: number; end: number }, other: { row: number; start: number }): boolean {
    const most = this.#mostAdded(other.row, one.row);
    if (most === Infinity) {
      const [a, b] = [this.#machineOf[one.row]!, this.#machineOf[other.row]!];
      this.#unknown.add(Math.min(a, b) * 2 ** 26 + Math.max(a, b));
    }
    return one.end + most <= other.start;
  }

  #mostAdded(to: number, of: number): number {
    const { service, instance } = this.#table;
    const [a, b] = [this.#machineOf[to]!, this.#machineOf[of]!];
    if (a === b && service[to] === service[of] && instance[to] === instance[of]) return 0;
    if (this.#several.has(a) || this.#several.has(b)) return Infinity;
    if (a === b) return SAME_MACHINE_MS;
    const [most = Infinity, back = Infinity] = [this.#most[a]?.[b], this.#most[b]?.[a]];
    // A clock that was set meanwhile contradicts itself.
    return most + back < 0 ? Infinity : most;
  }

  #boundsOfCalls({ parent, duplicate }: Trees): Map<string, Bounds> {
    const { size, kind, start, end } = this.#table;
    const all = new Map<string, Bounds>();
    for (let row = 0; row < size; row++) {
      const above = parent[row]!;
      if (above < 0 || duplicate[row] === 1 || kind[row] !== KIND.SERVER || kind[above] !== KIND.CLIENT) continue;
      const [a, b] = [this.#machineOf[above]!, this.#machineOf[row]!];
      // Longer than the call: the caller did not wait.
      const [low, high] = [start[above]! - start[row]!, end[above]! - end[row]!];
      if (high < low) continue;
      if (a === b) {
        if (low > SAME_MACHINE_MS || high < -SAME_MACHINE_MS) this.#several.add(a);
        continue;
      }
      const key = `${a} ${b}`;
      const bounds = all.get(key);
      if (!bounds) all.set(key, { low, high });
      else {
        bounds.low = Math.max(bounds.low, low);
        bounds.high = Math.min(bounds.high, high);
      }
    }
    for (const key of all.keys()) if (key.split(' ').some((each) => this.#several.has(Number(each)))) all.delete(key);
    return all;
  }
}

/** More machines have no skew through others. */
const MOST_MACHINES = 100;

/** Floyd and Warshall: also through machines between. */
function shortest(machines: number, bounds: Map<string, Bounds>): number[][] {
  const count = Math.min(machines, MOST_MACHINES);
  const most = Array.from({ length: count }, (_, a) =>
    Array.from({ length: count }, (__, b) => (a === b ? 0 : Infinity)),
  );
  for (const [key, { low, high }] of bounds) {
    const [a, b] = key.split(' ').map(Number) as [number, number];
    if (a >= count || b >= count || low > high) continue;
    most[a]![b] = Math.min(most[a]![b]!, high);
    most[b]![a] = Math.min(most[b]![a]!, -low);
  }
  for (let k = 0; k < count; k++)
    for (let a = 0; a < count; a++)
      for (let b = 0; b < count; b++) if (a !== b) most[a]![b] = Math.min(most[a]![b]!, most[a]![k]! + most[k]![b]!);
  return most;
}
