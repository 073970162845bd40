import type { Strings } from '../spans/strings.ts';
import { type Reader, readerOf } from './attributes.ts';
import { ByteStrings } from './byte-strings.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const CLOSE = 0x7d;

const BEFORE_KEY = Buffer.from('{"key":"');
const BEFORE_VALUE = Buffer.from(',"value":{"');
const STRING = Buffer.from('stringValue":"');
const INT = Buffer.from('intValue":');

/** Reads attributes as exporters write them: no spaces, the key first, no escapes, no lists. */
export class AttributeScan {
  /** Where the attribute ends. */
  end = 0;
  reader: Reader | undefined;
  /** Bounds of the value, without quotes. */
  from = 0;
  to = 0;
  isNumber = false;
  readonly #keys: ByteStrings;
  /** By number of the key; null if no one reads it. */
  readonly #readers: (Reader | null)[] = [];

  constructor(strings: Strings) {
    this.#keys = new ByteStrings(strings);
  }

  /** False, and without effect, if the attribute at `at` is written in another way. */
  read(bytes: Buffer, at: number): boolean {
    if (!isAt(bytes, at, BEFORE_KEY)) return false;
    const from = at + BEFORE_KEY.length;
    const to = endOfText(bytes, from);
    if (to < 0 || !isAt(bytes, to + 1, BEFORE_VALUE)) return false;
    const value = to + 1 + BEFORE_VALUE.length;
    if (!this.#readValue(bytes, value)) return false;
    this.reader = this.#readerOf(bytes, from, to);
    return true;
  }

  #readValue(bytes: Buffer, at: number): boolean {
    let end: number;
    if (isAt(bytes, at, STRING)) {
      this.isNumber = false;
      this.from = at + STRING.length;
      this.to = endOfText(bytes, this.from);
      end = this.to + 1;
      if (this.to < 0) return false;
    } else if (isAt(bytes, at, INT)) {
      this.isNumber = true;
      const isText = bytes[at + INT.length] === QUOTE;
      this.from = at + INT.length + (isText ? 1 : 0);
      this.to = endOfNumber(bytes, this.from);
      end = this.to + (isText ? 1 : 0);
      if (isText && bytes[this.to] !== QUOTE) return false;
    } else return false;
    if (bytes[end] !== CLOSE || bytes[end + 1] !== CLOSE) return false;
    this.end = end + 2;
    return true;
  }

  #readerOf(bytes: Buffer, from: number, to: number): Reader | undefined {
    const number = this.#keys.number(bytes, from, to);
    if (number < 0) return readerOf(bytes.toString('utf8', from, to));
    let reader = this.#readers[number];
    if (reader === undefined) {
      reader = readerOf(bytes.toString('utf8', from, to)) ?? null;
      this.#readers[number] = reader;
    }
    return reader ?? undefined;
  }
}

function isAt(bytes: Buffer, at: number, text: Buffer): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** -1 if it has an escape. */
function endOfText(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte !== QUOTE; byte = bytes[++at])
    if (byte === BACKSLASH || byte === undefined) return -1;
  return at;
}

function endOfNumber(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at]!; (byte >= 0x30 && byte <= 0x39) || byte === 0x2d; byte = bytes[++at]!);
  return at;
}
