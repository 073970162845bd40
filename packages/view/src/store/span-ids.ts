/** Odd, and unknown to who might send ids of one hash. */
const [FIRST, SECOND] = Array.from(crypto.getRandomValues(new Int32Array(2)), (word) => word | 1) as [number, number];

/** IDs of 8 bytes, as numbers: strings would dominate a large trace. */
export class SpanIds {
  readonly size: number;
  readonly #bytes: Uint8Array;
  /** Two for each. */
  readonly #words: Int32Array;
  #hex: string | undefined;

  /** @param hex 16 digits for each, zeros for none */
  constructor(hex: string) {
    this.#bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
    this.#words = new Int32Array(this.#bytes.buffer);
    this.size = this.#words.length / 2;
  }

  has(at: number): boolean {
    return this.#words[at * 2] !== 0 || this.#words[at * 2 + 1] !== 0;
  }

  isSame(at: number, other: SpanIds, otherAt: number): boolean {
    const words = other.#words;
    return this.#words[at * 2] === words[otherAt * 2] && this.#words[at * 2 + 1] === words[otherAt * 2 + 1];
  }

  /** A number of as many bits. */
  hash(at: number, bits: number): number {
    return (Math.imul(this.#words[at * 2]!, FIRST) + Math.imul(this.#words[at * 2 + 1]!, SECOND)) >>> (32 - bits);
  }

  set(at: number, hex: string): void {
    this.#bytes.set(Buffer.from(hex, 'hex'), at * 8);
    this.#hex = undefined;
  }

  hex(at: number): string {
    return this.allHex().slice(at * 16, at * 16 + 16);
  }

  /** 16 digits for each. */
  allHex(): string {
    return (this.#hex ??= Buffer.from(this.#bytes.buffer).toString('hex'));
  }
}

/** Finds ids; of equal ones, the last added. */
export class SpanIdIndex {
  readonly #ids: SpanIds;
  readonly #bits: number;
  /** Index + 1, 0: empty; linear probing. */
  readonly #slots: Int32Array;

  constructor(ids: SpanIds) {
    this.#ids = ids;
    this.#bits = Math.max(1, Math.ceil(Math.log2(ids.size * 2)));
    this.#slots = new Int32Array(2 ** this.#bits);
  }

  add(at: number): void {
    this.#slots[this.#slotOf(this.#ids, at)] = at + 1;
  }

  /** -1 if missing. */
  find(ids: SpanIds, at: number): number {
    return this.#slots[this.#slotOf(ids, at)]! - 1;
  }

  #slotOf(ids: SpanIds, at: number): number {
    const last = this.#slots.length - 1;
    let slot = ids.hash(at, this.#bits);
    for (let found = this.#slots[slot]!; found !== 0; found = this.#slots[slot]!) {
      if (ids.isSame(at, this.#ids, found - 1)) return slot;
      slot = (slot + 1) & last;
    }
    return slot;
  }
}
