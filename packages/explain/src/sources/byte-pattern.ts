/** Compared four bytes at a time. */
export class BytePattern {
  readonly length: number;
  readonly #words: Int32Array;
  /** The last four bytes, which may overlap the last word. */
  readonly #last: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    const own = Uint8Array.from(bytes);
    const view = new DataView(own.buffer);
    this.#bytes = own;
    this.length = own.length;
    this.#words = Int32Array.from({ length: own.length >> 2 }, (_, i) => view.getInt32(i * 4, true));
    this.#last = own.length < 4 ? 0 : view.getInt32(own.length - 4, true);
  }

  isAt(view: DataView, at: number): boolean {
    const { length } = this;
    if (at + length > view.byteLength) return false;
    if (length < 4) return this.#isShortAt(view, at);
    const words = this.#words;
    for (let i = 0; i < words.length; i++) if (view.getInt32(at + i * 4, true) !== words[i]) return false;
    return view.getInt32(at + length - 4, true) === this.#last;
  }

  #isShortAt(view: DataView, at: number): boolean {
    for (let i = 0; i < this.length; i++) if (view.getUint8(at + i) !== this.#bytes[i]) return false;
    return true;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** In all four bytes. */
const QUOTES = 0x22222222;
const BACKSLASHES = 0x5c5c5c5c;
const ONES = 0x01010101;
const TOPS = 0x80808080;

/** The next quote or backslash, else the end. */
export function nextQuote(view: DataView, from: number): number {
  const end = view.byteLength;
  let at = from;
  for (; at + 4 <= end; at += 4) {
    const word = view.getInt32(at, true);
    const quotes = word ^ QUOTES;
    const backslashes = word ^ BACKSLASHES;
    // The top bit marks zero bytes (Bit Twiddling Hacks), perhaps later ones, which are checked.
    if ((((quotes - ONES) & ~quotes) | ((backslashes - ONES) & ~backslashes)) & TOPS) break;
  }
  for (; at < end; at++) {
    const byte = view.getUint8(at);
    if (byte === QUOTE || byte === BACKSLASH) return at;
  }
  return end;
}
