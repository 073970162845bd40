import { readIdBytes, type SpanId } from '../spans/span-id.ts';
import { emptySpan, type SpanProcess, type SpanTable } from '../spans/span-table.ts';
import { AttributeScan } from './attribute-scan.ts';
import { type Plain, readerOf, SpanAttributes } from './attributes.ts';
import { BytePattern } from './byte-pattern.ts';
import { ByteStrings } from './byte-strings.ts';
import { JsonScanner, Unexpected } from './json-scanner.ts';
import { addMark } from './marks.ts';
import { milliseconds, resourceOf } from './otlp-json.ts';

const MOST_LINKS = 8;
const MOST_RESOURCES = 32;
const NO_PROCESS: SpanProcess = { service: 'unknown_service', instance: '', version: '' };

/** Three times as fast as `JSON.parse`. For unusual input `read` returns false, without effect. */
export class OtlpScan {
  readonly #table: SpanTable;
  readonly #json = new JsonScanner();
  readonly #texts: ByteStrings;
  readonly #attributes: SpanAttributes;
  readonly #pair: AttributeScan;
  readonly #take = (key: string, value: Plain): void => this.#attributes.take(key, value);
  readonly #id: SpanId = { high: 0, low: 0 };
  readonly #parent: SpanId = { high: 0, low: 0 };
  #of: SpanProcess = NO_PROCESS;
  /** The latest: a process repeats its own in each batch. */
  readonly #resources: { bytes: BytePattern; of: SpanProcess }[] = [];

  constructor(table: SpanTable) {
    this.#table = table;
    this.#texts = new ByteStrings(table.strings);
    this.#attributes = new SpanAttributes(table.strings);
    this.#pair = new AttributeScan(table.strings, this.#texts);
  }

  read(line: Buffer): boolean {
    if (line[0] !== 0x7b || line.toString('latin1', 0, 16) !== '{"resourceSpans"') return false;
    const { size } = this.#table;
    try {
      this.#json.start(line);
      this.#request();
      return true;
    } catch (error) {
      if (!(error instanceof Unexpected)) throw error;
      this.#table.truncate(size);
      return false;
    }
  }

  #request(): void {
    const json = this.#json;
    json.enterObject();
    while (json.key()) {
      if (!json.is('resourceSpans')) json.skip();
      else if (json.enterList()) while (json.item()) this.#resourceSpans();
    }
    if (json.at !== json.bytes.length && json.bytes.toString('latin1', json.at).trim() !== '')
      throw new Unexpected('more');
  }

  #resourceSpans(): void {
    const json = this.#json;
    const scopes: number[] = [];
    let isKnown = false;
    this.#of = NO_PROCESS;
    if (!json.enterObject()) return;
    while (json.key()) {
      if (json.is('resource')) {
        this.#resource();
        isKnown = true;
      } else if (!json.is('scopeSpans')) json.skip();
      else if (isKnown) this.#scopes();
      else {
        // The resource may follow them.
        scopes.push(json.at);
        json.skip();
      }
    }
    const end = json.at;
    for (const at of scopes) {
      json.at = at;
      this.#scopes();
    }
    json.at = end;
  }

  #scopes(): void {
    const json = this.#json;
    if (json.enterList()) while (json.item()) this.#scopeSpans();
  }

  #resource(): void {
    const json = this.#json;
    json.peek();
    const from = json.at;
    const known = this.#resources.find(({ bytes }) => bytes.isAt(json.view, from));
    if (known) {
      json.at = from + known.bytes.length;
      this.#of = known.of;
      return;
    }
    json.skip();
    const bytes = json.bytes.subarray(from, json.at);
    try {
      this.#of = resourceOf(JSON.parse(bytes.toString('utf8')) as Parameters<typeof resourceOf>[0]);
    } catch {
      throw new Unexpected('resource');
    }
    this.#resources.unshift({ bytes: new BytePattern(bytes), of: this.#of });
    this.#resources.length = Math.min(this.#resources.length, MOST_RESOURCES);
  }

  #scopeSpans(): void {
    const json = this.#json;
    if (!json.enterObject()) return;
    while (json.key()) {
      if (!json.is('spans')) json.skip();
      else if (json.enterList()) while (json.item()) this.#span();
    }
  }

  #span(): void {
    const json = this.#json;
    const attributes = this.#attributes;
    attributes.clear();
    const span = emptySpan(this.#of);
    let trace = -1;
    this.#id.high = this.#id.low = this.#parent.high = this.#parent.low = 0;
    let marks = -1;
    if (!json.enterObject()) return;
    while (json.key()) {
      if (json.is('traceId')) trace = this.#trace();
      else if (json.is('spanId')) this.#spanId(this.#id);
      else if (json.is('parentSpanId')) this.#spanId(this.#parent);
      else if (json.is('name')) span.name = this.#text();
      else if (json.is('kind')) span.kind = this.#number();
      else if (json.is('startTimeUnixNano')) span.start = this.#time();
      else if (json.is('endTimeUnixNano')) span.end = this.#time();
      else if (json.is('attributes')) this.#spanAttributes();
      else if (json.is('status')) span.failed = this.#status() === 2;
      else if (json.is('links')) this.#links();
      else {
        if (json.is('events')) marks = json.at;
        json.skip();
      }
    }
    span.failed ||= attributes.isFailed;
    span.errorType = attributes.errorType;
    span.target = attributes.target;
    span.attributes = attributes.known;
    const row = this.#table.addTo(trace, this.#id, this.#parent, span);
    if (marks < 0 || row < 0) return;
    const end = json.at;
    json.at = marks;
    this.#events(row);
    json.at = end;
  }

  #events(row: number): void {
    const json = this.#json;
    if (!json.enterList()) return;
    while (json.item()) {
      const mark = { row, name: '', at: 0, values: {} as Record<string, Plain> };
      if (!json.enterObject()) continue;
      while (json.key()) {
        if (json.is('name')) mark.name = this.#text();
        else if (json.is('timeUnixNano')) mark.at = this.#time();
        else if (json.is('attributes'))
          this.#pairs(
            (key, value) => (mark.values[key] = typeof value === 'string' ? value.slice(0, 256) : value),
            true,
          );
        else json.skip();
      }
      addMark(this.#table, mark);
    }
  }

  #links(): void {
    const json = this.#json;
    const links: number[] = [];
    if (!json.enterList()) return;
    while (json.item()) {
      if (!json.enterObject()) continue;
      while (json.key()) {
        if (json.is('traceId') && links.length < MOST_LINKS) links.push(this.#trace());
        else json.skip();
      }
    }
    if (links.length > 0) this.#attributes.writable().links = links;
  }

  #status(): number {
    const json = this.#json;
    let code = 0;
    if (!json.enterObject()) return 0;
    while (json.key()) {
      if (json.is('code')) code = this.#number();
      else json.skip();
    }
    return code;
  }

  #spanAttributes(): void {
    const json = this.#json;
    const pair = this.#pair;
    if (!json.enterList()) return;
    pair.begin();
    while (json.item()) {
      if (!pair.read(json.bytes, json.view, json.at)) {
        this.#onePair(this.#take);
        continue;
      }
      json.at = pair.end;
      pair.reader?.(this.#attributes, pair.value);
    }
  }

  #pairs(take: (key: string, value: Plain) => void, isAll = false): void {
    const json = this.#json;
    if (json.enterList()) while (json.item()) this.#onePair(take, isAll);
  }

  #onePair(take: (key: string, value: Plain) => void, isAll = false): void {
    const json = this.#json;
    let key = '';
    let isWanted = false;
    if (!json.enterObject()) return;
    while (json.key()) {
      if (json.is('key')) {
        key = this.#text();
        isWanted = isAll || readerOf(key) !== undefined;
      } else if (json.is('value') && key === '') throw new Unexpected('a value before its key');
      else if (json.is('value') && isWanted) this.#value(key, take);
      else json.skip();
    }
  }

  #value(key: string, take: (key: string, value: Plain) => void): void {
    const json = this.#json;
    if (!json.enterObject()) return;
    while (json.key()) {
      if (json.is('stringValue')) take(key, this.#text());
      else if (json.is('intValue') || json.is('doubleValue')) take(key, this.#number());
      else if (json.is('boolValue')) {
        json.scalar();
        take(key, json.is('true'));
      } else json.skip();
    }
  }

  #text(): string {
    const json = this.#json;
    json.text();
    if (!json.isEscaped) return this.#texts.text(json.bytes, json.view, json.from, json.to);
    try {
      return JSON.parse(json.bytes.toString('utf8', json.from - 1, json.to + 1)) as string;
    } catch {
      throw new Unexpected('escape');
    }
  }

  #trace(): number {
    const json = this.#json;
    json.text();
    const trace = this.#table.traceNumberOfBytes(json.bytes, json.from, json.to);
    if (trace < 0) throw new Unexpected('trace ID');
    return trace;
  }

  #spanId(id: SpanId): void {
    const json = this.#json;
    json.text();
    if (!readIdBytes(id, json.bytes, json.from, json.to)) throw new Unexpected('span ID');
  }

  #number(): number {
    const json = this.#json;
    json.scalar();
    const number = Number(json.bytes.toString('latin1', json.from, json.to));
    if (Number.isNaN(number)) throw new Unexpected('number');
    return number;
  }

  #time(): number {
    const json = this.#json;
    json.scalar();
    const { bytes, from, to } = json;
    if (to - from !== 19) return milliseconds(bytes.toString('latin1', from, to));
    let whole = 0;
    let rest = 0;
    for (let at = from; at < to; at++) {
      const digit = bytes[at]! - 48;
      if (digit < 0 || digit > 9) throw new Unexpected('time');
      if (at < from + 13) whole = whole * 10 + digit;
      else rest = rest * 10 + digit;
    }
    return whole + rest / 1e6;
  }
}
