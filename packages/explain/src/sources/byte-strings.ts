import type { Strings } from '../spans/strings.ts';

/** Longer texts seldom repeat. */
const LONGEST = 128;
const MOST = 1 << 16;

/** Repeated texts are decoded once, and numbered. */
export class ByteStrings {
  readonly #strings: Strings;
  readonly #slots = new Int32Array(MOST * 2).fill(-1);
  readonly #bytes: Uint8Array[] = [];
  readonly #texts: string[] = [];

  constructor(strings: Strings) {
    this.#strings = strings;
  }

  /** The text must have no escapes. */
  text(bytes: Buffer, from: number, to: number): string {
    const number = this.number(bytes, from, to);
    return number < 0 ? bytes.toString('utf8', from, to) : this.#texts[number]!;
  }

  /** -1 for a long text, or one too many. */
  number(bytes: Buffer, from: number, to: number): number {
    const length = to - from;
    if (length > LONGEST) return -1;
    let hash = length;
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
    const mask = MOST * 2 - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (let index = this.#slots[slot]!; index >= 0; index = this.#slots[slot]!) {
      if (isSame(this.#bytes[index]!, bytes, from, length)) return index;
      slot = (slot + 1) & mask;
    }
    if (this.#texts.length >= MOST) return -1;
    const number = this.#texts.length;
    const text = this.#strings.text(this.#strings.id(bytes.toString('utf8', from, to)));
    this.#slots[slot] = number;
    this.#bytes.push(new Uint8Array(bytes.subarray(from, to)));
    this.#texts.push(text);
    return number;
  }
}

function isSame(known: Uint8Array, bytes: Buffer, from: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let at = 0; at < length; at++) if (known[at] !== bytes[from + at]) return false;
  return true;
}
