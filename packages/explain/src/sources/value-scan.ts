import { decimalOf } from '../spans/digits.ts';
import { readIdBytes, type SpanId } from '../spans/span-id.ts';
import type { SpanTable } from '../spans/span-table.ts';
import { ByteStrings } from './byte-strings.ts';
import { type JsonScanner, Unexpected } from './json-scanner.ts';
import { milliseconds } from './otlp-json.ts';

const QUOTE = 0x22;
const ZERO = 0x30;
const COMMA = 0x2c;
const CLOSE = 0x7d;

const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;
/** Of nanoseconds between 2001 and 2286. */
const TIME_DIGITS = 19;

/** Values of a span in JSON, as exporters write them, else by way of texts. */
export class ValueScan {
  readonly texts: ByteStrings;
  readonly #json: JsonScanner;
  readonly #table: SpanTable;

  constructor(json: JsonScanner, table: SpanTable) {
    this.#json = json;
    this.#table = table;
    this.texts = new ByteStrings(table.strings);
  }

  /** Its number of `Strings`. */
  textNumber(): number {
    const json = this.#json;
    json.text();
    if (json.isEscaped) return this.#table.strings.id(this.#unescaped());
    return this.texts.id(json.bytes, json.view, json.from, json.to);
  }

  text(): string {
    const json = this.#json;
    json.text();
    return json.isEscaped ? this.#unescaped() : this.texts.text(json.bytes, json.view, json.from, json.to);
  }

  trace(): number {
    this.#textOf(TRACE_DIGITS);
    const { view, from, to } = this.#json;
    const trace = to - from === TRACE_DIGITS ? this.#table.traceNumberOfBytes(view, from) : -1;
    if (trace < 0) throw new Unexpected('trace ID');
    return trace;
  }

  spanId(id: SpanId): void {
    this.#textOf(SPAN_DIGITS);
    const { view, from, to } = this.#json;
    id.high = id.low = 0;
    if (to !== from && (to - from !== SPAN_DIGITS || !readIdBytes(id, view, from))) throw new Unexpected('span ID');
  }

  number(): number {
    const json = this.#json;
    const digit = json.bytes[json.at]! - ZERO;
    const after = json.bytes[json.at + 1];
    if (digit >= 0 && digit <= 9 && (after === COMMA || after === CLOSE)) {
      json.at++;
      return digit;
    }
    json.scalar();
    const number = Number(json.bytes.toString('latin1', json.from, json.to));
    if (Number.isNaN(number)) throw new Unexpected('number');
    return number;
  }

  time(): number {
    const json = this.#json;
    if (json.bytes[json.at] === QUOTE && json.bytes[json.at + TIME_DIGITS + 1] === QUOTE) {
      const time = timeAt(json.view, json.at + 1);
      if (time >= 0) {
        json.at += TIME_DIGITS + 2;
        return time;
      }
    }
    json.scalar();
    return milliseconds(json.bytes.toString('latin1', json.from, json.to));
  }

  /** Of so many bytes, probably. */
  #textOf(length: number): void {
    const json = this.#json;
    const { bytes, at } = json;
    if (bytes[at] !== QUOTE || bytes[at + length + 1] !== QUOTE) return json.text();
    json.from = at + 1;
    json.to = at + length + 1;
    json.at = json.to + 1;
  }

  #unescaped(): string {
    const { bytes, from, to } = this.#json;
    try {
      return JSON.parse(bytes.toString('utf8', from - 1, to + 1)) as string;
    } catch {
      throw new Unexpected('escape');
    }
  }
}

/** Milliseconds of 19 digits; -1 for other characters. */
function timeAt(view: DataView, at: number): number {
  const [a, b] = [decimalOf(view.getInt32(at, true)), decimalOf(view.getInt32(at + 4, true))];
  const [c, d] = [decimalOf(view.getInt32(at + 8, true)), decimalOf(view.getInt32(at + 12, true))];
  const e = decimalOf(view.getInt32(at + 15, true));
  if ((a | b | c | d | e) < 0) return -1;
  // The fourth word begins with the last digit of the milliseconds, the fifth with the fourth's last one.
  const tens = Math.trunc(d / 1000);
  return (a * 1e8 + b * 1e4 + c) * 10 + tens + ((d - tens * 1000) * 1000 + (e % 1000)) / 1e6;
}
