import { KNOWN, AttributeValues, KIND_OF, WORD } from './attribute-values.ts';
import type { KnownAttributes } from './known-attributes.ts';
import type { Renumbered } from './span-columns.ts';
import type { Strings } from './strings.ts';

/** The first of the bits that are left. */
function firstOf(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

const HEAD = 2;

/**
 * Most spans have the attributes of another one: equal attributes are kept once, as numbers, and become objects when they are
 * asked for. Number 0 is a span without attributes.
 */
export class SharedAttributes {
  /** One after the other: both words of bits, then the values. */
  #data = new Float64Array(1024);
  #from = new Int32Array(128);
  #count = 1;
  #slots = new Int32Array(256);
  readonly #links = new Map<number, number[]>();
  readonly #objects: KnownAttributes[] = [];
  readonly #entry = new Float64Array(HEAD + KNOWN.length);
  readonly #words = new Int32Array(this.#entry.buffer);

  number(values: AttributeValues): number {
    if (values.isEmpty) return 0;
    const length = this.#write(values);
    if (values.links !== undefined) {
      this.#links.set(this.#count, values.links);
      return this.#add(length);
    }
    const mask = this.#slots.length - 1;
    let slot = this.#hash(length) & mask;
    for (let number = this.#slots[slot]!; number !== 0; number = this.#slots[slot]!) {
      if (this.#isSame(number, length)) return number;
      slot = (slot + 1) & mask;
    }
    const number = this.#add(length);
    this.#slots[slot] = number;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return number;
  }

  object(number: number, strings: Strings): KnownAttributes {
    return (this.#objects[number] ??= this.#made(number, strings));
  }

  /** All of them, for another table. */
  copy(): AttributesCopy {
    return { data: this.#data.slice(0, this.#from[this.#count]), count: this.#count, links: [...this.#links] };
  }

  /** Adds those of another table; returns their numbers here. */
  take({ data, count, links }: AttributesCopy, { texts, traces }: Omit<Renumbered, 'attributes'>): Int32Array {
    const numbers = new Int32Array(count);
    const linksOf = new Map(links);
    const values = new AttributeValues();
    let at = 0;
    for (let number = 1; number < count; number++) {
      values.clear();
      values.links = linksOf.get(number)?.map((trace) => traces[trace]!);
      const [low, high] = [data[at]!, data[at + 1]!];
      at += HEAD;
      for (let bits = low; bits !== 0; bits &= bits - 1) at = this.#takeOne(values, firstOf(bits), data, at, texts);
      for (let bits = high; bits !== 0; bits &= bits - 1)
        at = this.#takeOne(values, WORD + firstOf(bits), data, at, texts);
      numbers[number] = this.number(values);
    }
    return numbers;
  }

  #takeOne(values: AttributeValues, place: number, data: Float64Array, at: number, texts: Int32Array): number {
    values.set(place, KIND_OF[place] === 'text' ? texts[data[at]!]! : data[at]!);
    return at + 1;
  }

  /** Returns the entry's length. */
  #write({ low, high, values }: AttributeValues): number {
    const entry = this.#entry;
    entry[0] = low;
    entry[1] = high;
    let length = HEAD;
    for (let bits = low; bits !== 0; bits &= bits - 1) entry[length++] = values[firstOf(bits)]!;
    for (let bits = high; bits !== 0; bits &= bits - 1) entry[length++] = values[WORD + firstOf(bits)]!;
    return length;
  }

  #hash(length: number): number {
    let hash = length;
    for (let at = 0; at < length * 2; at++) {
      hash = Math.imul(hash ^ this.#words[at]!, 0x85ebca6b);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  #isSame(number: number, length: number): boolean {
    const from = this.#from[number]!;
    if (this.#from[number + 1]! - from !== length) return false;
    for (let at = 0; at < length; at++) if (this.#data[from + at] !== this.#entry[at]) return false;
    return true;
  }

  #add(length: number): number {
    const number = this.#count++;
    const from = this.#from[number]!;
    if (from + length > this.#data.length) this.#data = grown(this.#data, new Float64Array(this.#data.length * 2));
    if (number + 2 > this.#from.length) this.#from = grown(this.#from, new Int32Array(this.#from.length * 2));
    this.#data.set(this.#entry.subarray(0, length), from);
    this.#from[number + 1] = from + length;
    return number;
  }

  #rehash(): void {
    const numbers = this.#slots.filter((number) => number !== 0);
    this.#slots = new Int32Array(this.#slots.length * 4);
    const mask = this.#slots.length - 1;
    for (const number of numbers) {
      const [from, to] = [this.#from[number]!, this.#from[number + 1]!];
      this.#entry.set(this.#data.subarray(from, to));
      let slot = this.#hash(to - from) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number;
    }
  }

  #made(number: number, strings: Strings): KnownAttributes {
    const attributes: Record<string, unknown> = {};
    let at = this.#from[number]!;
    const [low, high] = [this.#data[at]!, this.#data[at + 1]!];
    at += HEAD;
    const add = (place: number): void => {
      const value = this.#data[at++]!;
      const kind = KIND_OF[place];
      attributes[KNOWN[place]!] = kind === 'text' ? strings.text(value) : kind === 'flag' ? value === 1 : value;
    };
    for (let bits = low; bits !== 0; bits &= bits - 1) add(firstOf(bits));
    for (let bits = high; bits !== 0; bits &= bits - 1) add(WORD + firstOf(bits));
    const links = this.#links.get(number);
    if (links) attributes['links'] = links;
    return attributes as KnownAttributes;
  }
}

/** As it goes between threads. */
export interface AttributesCopy {
  data: Float64Array<ArrayBuffer>;
  count: number;
  links: [number, number[]][];
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
