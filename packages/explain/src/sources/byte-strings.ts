import type { Strings } from '../spans/strings.ts';

/** Longer texts seldom repeat. */
const LONGEST = 128;
const MOST = 1 << 16;

/** Repeated texts are decoded once, and numbered. */
export class ByteStrings {
  readonly #strings: Strings;
  readonly #slots = new Int32Array(MOST * 2).fill(-1);
  /** All texts in sequence, and where each begins. */
  #bytes = Buffer.alloc(MOST);
  #view = viewOf(this.#bytes);
  readonly #from = new Int32Array(MOST + 1);
  readonly #texts: string[] = [];
  readonly #ids: number[] = [];

  constructor(strings: Strings) {
    this.#strings = strings;
  }

  /** Without escapes. */
  text(bytes: Buffer, view: DataView, from: number, to: number): string {
    const number = this.number(bytes, view, from, to);
    return number < 0 ? bytes.toString('utf8', from, to) : this.#texts[number]!;
  }

  /** Its number of `Strings`. */
  id(bytes: Buffer, view: DataView, from: number, to: number): number {
    const number = this.number(bytes, view, from, to);
    return number < 0 ? this.#strings.id(bytes.toString('utf8', from, to)) : this.#ids[number]!;
  }

  textOf(number: number): string {
    return this.#texts[number]!;
  }

  /** Where the text would end if it is the one of this number; -1 if it is not. */
  endAt(number: number, view: DataView, from: number): number {
    const length = this.#from[number + 1]! - this.#from[number]!;
    return from + length <= view.byteLength && this.#isSame(number, view, from, length) ? from + length : -1;
  }

  /** -1 if long, or one too many. */
  number(bytes: Buffer, view: DataView, from: number, to: number): number {
    const length = to - from;
    if (length > LONGEST) return -1;
    const mask = MOST * 2 - 1;
    let slot = hashOf(view, from, to) & mask;
    for (let index = this.#slots[slot]!; index >= 0; index = this.#slots[slot]!) {
      if (this.#isSame(index, view, from, length)) return index;
      slot = (slot + 1) & mask;
    }
    if (this.#texts.length >= MOST) return -1;
    const number = this.#texts.length;
    this.#slots[slot] = number;
    this.#keep(number, bytes, from, to);
    const id = this.#strings.id(bytes.toString('utf8', from, to));
    this.#ids.push(id);
    this.#texts.push(this.#strings.text(id));
    return number;
  }

  #isSame(number: number, view: DataView, from: number, length: number): boolean {
    const known = this.#view;
    let at = this.#from[number]!;
    const end = at + length;
    if (this.#from[number + 1] !== end) return false;
    let other = from;
    for (; at + 4 <= end; at += 4, other += 4) if (known.getInt32(at) !== view.getInt32(other)) return false;
    for (; at < end; at++, other++) if (known.getUint8(at) !== view.getUint8(other)) return false;
    return true;
  }

  #keep(number: number, bytes: Buffer, from: number, to: number): void {
    const at = this.#from[number]!;
    const end = at + to - from;
    if (end > this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
      this.#view = viewOf(this.#bytes);
    }
    bytes.copy(this.#bytes, at, from, to);
    this.#from[number + 1] = end;
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** FNV-1a over words, then the remaining bytes. */
function hashOf(view: DataView, from: number, to: number): number {
  let hash = to - from;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x01000193);
    // The lower bits are the slot, and no product moves upper bits there.
    hash ^= hash >>> 15;
  }
  for (; at < to; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x01000193);
  return hash ^ (hash >>> 15);
}
