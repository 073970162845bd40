import { HEX, NO_HEX } from './hex.ts';

const DIGITS = 32;

/** IDs of 32 hexadecimal digits are compared as words: a text per span is slow. */
export class TraceNumbers {
  /** By number; in lower case. */
  readonly ids: string[] = [];
  readonly #others = new Map<string, number>();
  #slots = new Int32Array(2048).fill(-1);
  #words = new Uint32Array(4 * 1024);
  readonly #id = new Uint32Array(4);

  of(id: string): number {
    if (!this.#readText(id)) {
      let number = this.#others.get(id);
      if (number === undefined) this.#others.set(id, (number = this.#push(id)));
      return number;
    }
    const slot = this.#slotOf();
    return this.#slots[slot]! >= 0 ? this.#slots[slot]! : this.#insert(slot, id.toLowerCase());
  }

  /** -1 unless 32 digits. */
  ofBytes(bytes: Buffer, from: number, to: number): number {
    if (to - from !== DIGITS) return -1;
    for (let at = from; at < to; at++) if (!this.#take(at - from, HEX[bytes[at]!]!)) return -1;
    const slot = this.#slotOf();
    return this.#slots[slot]! >= 0
      ? this.#slots[slot]!
      : this.#insert(slot, bytes.toString('latin1', from, to).toLowerCase());
  }

  find(id: string): number | undefined {
    if (!this.#readText(id)) return this.#others.get(id);
    const number = this.#slots[this.#slotOf()]!;
    return number < 0 ? undefined : number;
  }

  #readText(id: string): boolean {
    if (id.length !== DIGITS) return false;
    for (let at = 0; at < DIGITS; at++) if (!this.#take(at, HEX[id.charCodeAt(at)] ?? NO_HEX)) return false;
    return true;
  }

  #take(at: number, digit: number): boolean {
    const word = at >> 3;
    this.#id[word] = (this.#id[word]! << 4) | digit;
    return digit !== NO_HEX;
  }

  /** Where the ID is, or would be. */
  #slotOf(): number {
    const [a, b, c, d] = [this.#id[0]!, this.#id[1]!, this.#id[2]!, this.#id[3]!];
    const mask = this.#slots.length - 1;
    let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35) ^ d;
    hash ^= hash >>> 15;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = this.#slots[slot]! * 4;
      if (at < 0) return slot;
      const words = this.#words;
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return slot;
    }
  }

  #insert(slot: number, id: string): number {
    const number = this.#push(id);
    if ((number + 1) * 4 > this.#words.length) this.#words = grown(this.#words, number);
    this.#words.set(this.#id, number * 4);
    this.#slots[slot] = number;
    if (this.ids.length * 2 > this.#slots.length) this.#rehash();
    return number;
  }

  #push(id: string): number {
    this.ids.push(id);
    return this.ids.length - 1;
  }

  #rehash(): void {
    const numbers = this.#slots.filter((number) => number >= 0);
    this.#slots = new Int32Array(this.#slots.length * 4).fill(-1);
    for (const number of numbers) {
      this.#id.set(this.#words.subarray(number * 4, number * 4 + 4));
      this.#slots[this.#slotOf()] = number;
    }
  }
}

function grown(words: Uint32Array<ArrayBuffer>, number: number): Uint32Array<ArrayBuffer> {
  const more = new Uint32Array(Math.max(words.length * 2, (number + 1) * 8));
  more.set(words);
  return more;
}
