import type { Strings } from '../spans/strings.ts';
import { type Plain, type Reader, readerOf } from './attributes.ts';
import { BytePattern, nextQuote } from './byte-pattern.ts';
import { ByteStrings } from './byte-strings.ts';
import { NumberScan } from './number-scan.ts';

const QUOTE = 0x22;
const CLOSE = 0x7d;

const pattern = (text: string): BytePattern => new BytePattern(Buffer.from(text));
const BEFORE_KEY = pattern('{"key":"');
const BEFORE_VALUE = pattern('","value":{"');
/** Integers come with and without quotes. */
const TYPES = ['stringValue":"', 'intValue":"', 'intValue":', 'doubleValue":', 'boolValue":'].map(pattern);
const [TEXT, QUOTED, INTEGER, DOUBLE] = [0, 1, 2, 3];
const YES = pattern('true');
const NO = pattern('false');

/** What comes before a value: key and type. */
interface Form {
  bytes: BytePattern;
  type: number;
  reader: Reader | undefined;
  /** What followed last time, and probably will again. */
  next: Form | undefined;
  /** What followed before that. */
  other: Form | undefined;
  /** The last text's number, or -1: most attributes repeat it. */
  text: number;
}

/** Attributes as exporters write them: no spaces, key first, no escapes, no lists. */
export class AttributeScan {
  /** Where the attribute ends. */
  end = 0;
  /** Undefined if no one reads it. */
  reader: Reader | undefined;
  value: Plain = '';
  readonly #texts: ByteStrings;
  readonly #keys: ByteStrings;
  readonly #number = new NumberScan();
  /** By the key's number, and type. */
  readonly #forms: (Form | undefined)[] = [];
  readonly #none: Form = { bytes: BEFORE_KEY, type: 0, reader: undefined, next: undefined, other: undefined, text: -1 };
  #last: Form = this.#none;

  constructor(strings: Strings, texts: ByteStrings) {
    this.#texts = texts;
    this.#keys = new ByteStrings(strings);
  }

  /** Of the next span. */
  begin(): void {
    this.#last = this.#none;
  }

  /** False, without effect, if written in another way. */
  read(bytes: Buffer, view: DataView, at: number): boolean {
    const last = this.#last;
    let form = last.next;
    if (form === undefined || !form.bytes.isAt(view, at)) {
      form = last.other !== undefined && last.other.bytes.isAt(view, at) ? last.other : this.#formAt(bytes, view, at);
      if (form === undefined) return false;
      last.other = last.next;
      last.next = form;
    }
    const end = this.#readValue(form, bytes, view, at + form.bytes.length);
    if (end < 0 || bytes[end] !== CLOSE || bytes[end + 1] !== CLOSE) return false;
    this.#last = form;
    this.reader = form.reader;
    this.end = end + 2;
    return true;
  }

  #formAt(bytes: Buffer, view: DataView, at: number): Form | undefined {
    if (!BEFORE_KEY.isAt(view, at)) return undefined;
    const from = at + BEFORE_KEY.length;
    const to = nextQuote(view, from);
    if (!BEFORE_VALUE.isAt(view, to)) return undefined;
    const value = to + BEFORE_VALUE.length;
    const type = TYPES.findIndex((each) => each.isAt(view, value));
    const number = type < 0 ? -1 : this.#keys.number(bytes, view, from, to);
    if (number < 0) return undefined;
    return (this.#forms[number * TYPES.length + type] ??= {
      bytes: new BytePattern(bytes.subarray(at, value + TYPES[type]!.length)),
      type,
      reader: readerOf(bytes.toString('utf8', from, to)),
      next: undefined,
      other: undefined,
      text: -1,
    });
  }

  /** The value's end, with its quote; -1 if unusual. */
  #readValue(form: Form, bytes: Buffer, view: DataView, from: number): number {
    if (form.type === TEXT) return this.#readText(form, bytes, view, from);
    if (form.type === QUOTED || form.type === INTEGER || form.type === DOUBLE) {
      const number = this.#number;
      if (!number.read(bytes, from)) return -1;
      this.value = number.value;
      if (form.type !== QUOTED) return number.end;
      return bytes[number.end] === QUOTE ? number.end + 1 : -1;
    }
    this.value = YES.isAt(view, from);
    if (this.value) return from + YES.length;
    return NO.isAt(view, from) ? from + NO.length : -1;
  }

  #readText(form: Form, bytes: Buffer, view: DataView, from: number): number {
    const texts = this.#texts;
    if (form.text >= 0) {
      const end = texts.endAt(form.text, view, from);
      if (end >= 0 && bytes[end] === QUOTE) {
        this.value = texts.textOf(form.text);
        return end + 1;
      }
    }
    const to = nextQuote(view, from);
    if (bytes[to] !== QUOTE) return -1;
    if (form.reader === undefined) return to + 1;
    form.text = texts.number(bytes, view, from, to);
    this.value = form.text < 0 ? bytes.toString('utf8', from, to) : texts.textOf(form.text);
    return to + 1;
  }
}
