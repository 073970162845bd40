import { hexOf, otherThanHex } from './digits.ts';
import { HEX, NO_HEX } from './hex.ts';

const DIGITS = 32;
const WORDS = 4;

/** As it goes between threads. */
export interface TracesCopy {
  count: number;
  words: Uint32Array;
  others: [string, number][];
}

/** IDs of 32 hexadecimal digits are kept and compared as words: a text per span is slow. */
export class TraceNumbers {
  #count = 0;
  #slots = new Int32Array(2048).fill(-1);
  #words = new Uint32Array(WORDS * 1024);
  readonly #id = new Uint32Array(WORDS);
  /** Of the last ID: spans of a trace often follow each other. */
  #last = -1;
  readonly #others = new Map<string, number>();
  readonly #otherTexts = new Map<number, string>();

  get count(): number {
    return this.#count;
  }

  of(id: string): number {
    if (this.#readText(id)) return this.#number();
    let number = this.#others.get(id);
    if (number === undefined) {
      number = this.#next();
      this.#others.set(id, number);
      this.#otherTexts.set(number, id);
    }
    return number;
  }

  /** Of 32 characters; -1 unless all are digits. */
  ofBytes(view: DataView, from: number): number {
    let other = 0;
    for (let word = 0; word < WORDS; word++) {
      const high = view.getInt32(from + word * 8, true);
      const low = view.getInt32(from + word * 8 + 4, true);
      other |= otherThanHex(high) | otherThanHex(low);
      this.#id[word] = (hexOf(high) << 16) | hexOf(low);
    }
    return other === 0 ? this.#number() : -1;
  }

  find(id: string): number | undefined {
    if (!this.#readText(id)) return this.#others.get(id);
    const number = this.#slots[this.#slotOf()]!;
    return number < 0 ? undefined : number;
  }

  /** In lower case. */
  text(number: number): string {
    const other = this.#otherTexts.get(number);
    if (other !== undefined) return other;
    const words = Array.from(this.#words.subarray(number * WORDS, (number + 1) * WORDS));
    return words.map((word) => word.toString(16).padStart(8, '0')).join('');
  }

  copy(): TracesCopy {
    return { count: this.#count, words: this.#words.slice(0, this.#count * WORDS), others: [...this.#others] };
  }

  /** Adds those of another table; returns their numbers here. */
  take({ count, words, others }: TracesCopy): Int32Array {
    const numbers = new Int32Array(count);
    const texts = new Map(others.map(([id, number]) => [number, id]));
    for (let number = 0; number < count; number++) {
      const text = texts.get(number);
      if (text === undefined) this.#id.set(words.subarray(number * WORDS, (number + 1) * WORDS));
      numbers[number] = text === undefined ? this.#number() : this.of(text);
    }
    return numbers;
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

  #number(): number {
    if (this.#last >= 0 && this.#isAt(this.#last)) return this.#last;
    const slot = this.#slotOf();
    this.#last = this.#slots[slot]!;
    if (this.#last < 0) this.#last = this.#insert(slot);
    return this.#last;
  }

  #isAt(number: number): boolean {
    const words = this.#words;
    const id = this.#id;
    const at = number * WORDS;
    return words[at] === id[0] && words[at + 1] === id[1] && words[at + 2] === id[2] && words[at + 3] === id[3];
  }

  /** Where the ID is, or would be. */
  #slotOf(): number {
    const id = this.#id;
    const mask = this.#slots.length - 1;
    let hash = Math.imul(id[0]!, 0x9e3779b1) ^ Math.imul(id[1]!, 0x85ebca6b) ^ Math.imul(id[2]!, 0xc2b2ae35) ^ id[3]!;
    hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
    hash ^= hash >>> 15;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot]!;
      if (number < 0 || this.#isAt(number)) return slot;
    }
  }

  #insert(slot: number): number {
    const number = this.#next();
    this.#words.set(this.#id, number * WORDS);
    this.#slots[slot] = number;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return number;
  }

  #next(): number {
    const number = this.#count++;
    if (this.#count * WORDS <= this.#words.length) return number;
    const words = new Uint32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
    return number;
  }

  #rehash(): void {
    const numbers = this.#slots.filter((number) => number >= 0);
    this.#slots = new Int32Array(this.#slots.length * 4).fill(-1);
    for (const number of numbers) {
      this.#id.set(this.#words.subarray(number * WORDS, (number + 1) * WORDS));
      this.#slots[this.#slotOf()] = number;
    }
  }
}
