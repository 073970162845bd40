import { BytePattern } from './byte-pattern.ts';
import type { JsonScanner } from './json-scanner.ts';

/** A key, with the comma before it and the colon after it, or an object's end. */
interface Form {
  bytes: BytePattern;
  /** As `next` returns it. */
  key: number;
  /** What followed last time, and probably will again. */
  next: Form | undefined;
}

const MOST = 64;
const LONGEST = 128;

const OTHER = -1;
export const END = -2;

/** Keys of objects that mostly have the same ones in one order. */
export class KeyScan {
  readonly #keys: readonly string[];
  readonly #forms: Form[] = [];
  readonly #first: Form = { bytes: new BytePattern(new Uint8Array()), key: OTHER, next: undefined };
  #last: Form = this.#first;

  constructor(keys: readonly string[]) {
    this.#keys = keys;
  }

  /** False for `null`. */
  enter(json: JsonScanner): boolean {
    this.#last = this.#first;
    return json.enterObject();
  }

  /** Place of the next key, `OTHER` or `END`. */
  next(json: JsonScanner): number {
    const form = this.#last.next;
    if (form === undefined || !form.bytes.isAt(json.view, json.at)) return this.#read(json);
    json.at += form.bytes.length;
    this.#last = form;
    return form.key;
  }

  #read(json: JsonScanner): number {
    const from = json.at;
    const isKey = json.key();
    const key = isKey ? this.#keys.findIndex((each) => json.is(each)) : END;
    const form = this.#formOf(json, from, key);
    if (form !== this.#first) this.#last.next = form;
    this.#last = form;
    return key;
  }

  #formOf({ bytes, view, at }: JsonScanner, from: number, key: number): Form {
    const length = at - from;
    const known = this.#forms.find((form) => form.bytes.length === length && form.bytes.isAt(view, from));
    if (known) return known;
    if (this.#forms.length === MOST || length > LONGEST) return this.#first;
    const form = { bytes: new BytePattern(bytes.subarray(from, at)), key, next: undefined };
    this.#forms.push(form);
    return form;
  }
}
