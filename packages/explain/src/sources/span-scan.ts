import type { SpanId } from '../spans/span-id.ts';
import type { SpanTable } from '../spans/span-table.ts';
import type { SpanValues } from '../spans/span-input.ts';
import { AttributeScan } from './attribute-scan.ts';
import { type Plain, readerOf, SpanAttributes } from './attributes.ts';
import { type JsonScanner, Unexpected } from './json-scanner.ts';
import { END, KeyScan } from './key-scan.ts';
import { addMark } from './marks.ts';
import { ValueScan } from './value-scan.ts';

const MOST_LINKS = 8;

const KEYS = [
  'traceId',
  'spanId',
  'parentSpanId',
  'name',
  'kind',
  'startTimeUnixNano',
  'endTimeUnixNano',
  'attributes',
  'status',
  'links',
  'events',
] as const;
const [TRACE, SPAN, PARENT, NAME, KIND, START, STOP, ATTRIBUTES, STATUS, LINKS, EVENTS] = KEYS.keys();

/** One span of OTLP's JSON into the table. */
export class SpanScan {
  readonly #table: SpanTable;
  readonly #json: JsonScanner;
  readonly #values: ValueScan;
  readonly #keys = new KeyScan(KEYS);
  readonly #attributes: SpanAttributes;
  readonly #pair: AttributeScan;
  readonly #take = (key: string, value: Plain): void => this.#attributes.take(key, value);
  readonly #id: SpanId = { high: 0, low: 0 };
  readonly #parent: SpanId = { high: 0, low: 0 };
  readonly #span: SpanValues;

  constructor(json: JsonScanner, table: SpanTable) {
    this.#json = json;
    this.#table = table;
    this.#values = new ValueScan(json, table);
    this.#attributes = new SpanAttributes(table.strings);
    this.#pair = new AttributeScan(table.strings, this.#values.texts);
    this.#span = {
      process: { service: 0, instance: 0, version: 0, host: 0, config: 0 },
      name: 0,
      kind: 0,
      start: 0,
      end: 0,
      failed: false,
      errorType: 0,
      target: 0,
      attributes: this.#attributes.known,
    };
  }

  read(process: SpanValues['process']): void {
    const json = this.#json;
    const keys = this.#keys;
    const span = this.#span;
    const attributes = this.#attributes;
    attributes.clear();
    span.process = process;
    span.name = span.kind = 0;
    span.start = span.end = Number.NaN;
    span.failed = false;
    this.#id.high = this.#id.low = this.#parent.high = this.#parent.low = 0;
    let trace = -1;
    let events = -1;
    if (!keys.enter(json)) return;
    for (let key = keys.next(json); key !== END; key = keys.next(json)) {
      if (key === TRACE) trace = this.#values.trace();
      else if (key === SPAN) this.#values.spanId(this.#id);
      else if (key === PARENT) this.#values.spanId(this.#parent);
      else if (key === NAME) span.name = this.#values.textNumber();
      else if (key === KIND) span.kind = this.#values.number();
      else if (key === START) span.start = this.#values.time();
      else if (key === STOP) span.end = this.#values.time();
      else if (key === ATTRIBUTES) this.#spanAttributes();
      else if (key === STATUS) span.failed = this.#status() === 2;
      else if (key === LINKS) this.#links();
      else {
        if (key === EVENTS) events = json.at;
        json.skip();
      }
    }
    span.failed ||= attributes.isFailed;
    span.errorType = attributes.error;
    span.target = attributes.targetNumber;
    const row = this.#table.addTo(trace, this.#id, this.#parent, span);
    if (events < 0 || row < 0) return;
    const end = json.at;
    json.at = events;
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
        if (json.is('name')) mark.name = this.#values.text();
        else if (json.is('timeUnixNano')) mark.at = this.#values.time();
        else if (json.is('attributes'))
          this.#pairs((key, value) => (mark.values[key] = typeof value === 'string' ? value.slice(0, 256) : value));
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
        if (json.is('traceId') && links.length < MOST_LINKS) links.push(this.#values.trace());
        else json.skip();
      }
    }
    if (links.length > 0) this.#attributes.known.links = links;
  }

  #status(): number {
    const json = this.#json;
    let code = 0;
    if (!json.enterObject()) return 0;
    while (json.key()) {
      if (json.is('code')) code = this.#values.number();
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

  #pairs(take: (key: string, value: Plain) => void): void {
    const json = this.#json;
    if (json.enterList()) while (json.item()) this.#onePair(take, true);
  }

  #onePair(take: (key: string, value: Plain) => void, isAll = false): void {
    const json = this.#json;
    let key = '';
    let isWanted = false;
    if (!json.enterObject()) return;
    while (json.key()) {
      if (json.is('key')) {
        key = this.#values.text();
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
      if (json.is('stringValue')) take(key, this.#values.text());
      else if (json.is('intValue') || json.is('doubleValue')) take(key, this.#values.number());
      else if (json.is('boolValue')) {
        json.scalar();
        take(key, json.is('true'));
      } else json.skip();
    }
  }
}
