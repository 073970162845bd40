/** Newest; long spans may miss older ones. */
const KEPT = 64;

/** Times without application code, on the monotonic clock; ms. */
export class Pauses {
  readonly #starts = new Float64Array(KEPT);
  readonly #ends = new Float64Array(KEPT);
  #count = 0;
  /** The newest's; -1: none. */
  lastEnd = -1;

  add(start: number, end: number): void {
    const at = this.#count++ % KEPT;
    this.#starts[at] = start;
    this.#ends[at] = end;
    this.lastEnd = end;
  }

  within(start: number, end: number): number {
    let sum = 0;
    const oldest = Math.max(0, this.#count - KEPT);
    for (let i = this.#count - 1; i >= oldest; i--) {
      const at = i % KEPT;
      if (this.#ends[at]! <= start) break;
      const from = Math.max(start, this.#starts[at]!);
      const to = Math.min(end, this.#ends[at]!);
      if (to > from) sum += to - from;
    }
    return sum;
  }
}
