import type { Strings } from '../spans/strings.ts';

/** A power of two. */
const MOST = 256;

/** Two texts with a separator between, by their numbers: most spans repeat what an earlier one joined. */
export class JoinedTexts {
  readonly #strings: Strings;
  readonly #separator: string;
  /** Both numbers and the result's; of two pairs at one place the later stays. */
  readonly #known = new Int32Array(MOST * 3);

  constructor(strings: Strings, separator: string) {
    this.#strings = strings;
    this.#separator = separator;
  }

  /** Neither is empty. */
  number(first: number, second: number): number {
    const known = this.#known;
    const at = (Math.imul(first, 31) + second) & (MOST - 1);
    if (known[at * 3] !== first || known[at * 3 + 1] !== second) {
      const strings = this.#strings;
      known[at * 3] = first;
      known[at * 3 + 1] = second;
      known[at * 3 + 2] = strings.id(strings.text(first) + this.#separator + strings.text(second));
    }
    return known[at * 3 + 2]!;
  }
}
