import { nextQuote } from './byte-pattern.ts';

/** `JSON.parse` takes over for these bytes. */
export class Unexpected extends Error {}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Scans bytes without creating objects. */
export class JsonScanner {
  bytes: Buffer = Buffer.alloc(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  at = 0;
  /** The last text's bounds, without quotes. */
  from = 0;
  to = 0;
  isEscaped = false;

  start(bytes: Buffer): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = 0;
  }

  peek(): number {
    let byte = this.bytes[this.at];
    while (byte === 0x20 || byte === 0x09 || byte === 0x0d) byte = this.bytes[++this.at];
    if (byte === undefined) throw new Unexpected('end');
    return byte;
  }

  /** Skips `null` and returns false. */
  enter(open: typeof OPEN | typeof OPEN_LIST): boolean {
    if (this.peek() === open) {
      this.at++;
      return true;
    }
    if (this.bytes.toString('latin1', this.at, this.at + 4) !== 'null') throw new Unexpected('no list or object');
    this.at += 4;
    return false;
  }

  enterObject(): boolean {
    return this.enter(OPEN);
  }

  enterList(): boolean {
    return this.enter(OPEN_LIST);
  }

  /** False at the object's end. */
  key(): boolean {
    let byte = this.peek();
    if (byte === COMMA) {
      this.at++;
      byte = this.peek();
    }
    if (byte === CLOSE) {
      this.at++;
      return false;
    }
    this.text();
    if (this.peek() !== COLON) throw new Unexpected('no colon');
    this.at++;
    return true;
  }

  /** Whether there is another; steps over the end. */
  item(): boolean {
    let byte = this.peek();
    if (byte === COMMA) {
      this.at++;
      byte = this.peek();
    }
    if (byte !== CLOSE_LIST) return true;
    this.at++;
    return false;
  }

  text(): void {
    if (this.peek() !== QUOTE) throw new Unexpected('no text');
    const { view } = this;
    this.from = this.at + 1;
    this.isEscaped = false;
    let at = nextQuote(view, this.from);
    while (at < view.byteLength && view.getUint8(at) === BACKSLASH) {
      this.isEscaped = true;
      at = nextQuote(view, at + 2);
    }
    if (at >= view.byteLength) throw new Unexpected('end');
    this.to = at;
    this.at = at + 1;
  }

  is(text: string): boolean {
    if (this.to - this.from !== text.length) return false;
    for (let i = 0; i < text.length; i++) if (this.bytes[this.from + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  /** True for a text. */
  scalar(): boolean {
    const byte = this.peek();
    if (byte === QUOTE) {
      this.text();
      return true;
    }
    if (byte === OPEN || byte === OPEN_LIST) throw new Unexpected('no plain value');
    this.from = this.at;
    this.#toEnd();
    this.to = this.at;
    return false;
  }

  skip(): void {
    const byte = this.peek();
    if (byte === QUOTE) return this.text();
    if (byte !== OPEN && byte !== OPEN_LIST) return this.#toEnd();
    let depth = 0;
    do {
      const next = this.peek();
      if (next === QUOTE) {
        this.text();
        continue;
      }
      if (next === OPEN || next === OPEN_LIST) depth++;
      else if (next === CLOSE || next === CLOSE_LIST) depth--;
      this.at++;
    } while (depth > 0);
  }

  #toEnd(): void {
    const { bytes } = this;
    let at = this.at;
    for (let byte = bytes[at]; byte !== undefined && byte !== COMMA && byte !== CLOSE && byte !== CLOSE_LIST;)
      byte = bytes[++at];
    if (at === this.at) throw new Unexpected('no value');
    this.at = at;
  }
}
