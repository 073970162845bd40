import type { KnownAttributes, Mark } from './known-attributes.ts';
import { type AttributesCopy, SharedAttributes } from './shared-attributes.ts';
import { type ColumnsCopy, copyColumns, SpanColumns, writeColumns } from './span-columns.ts';
import { readId, type SpanId } from './span-id.ts';
import type { SpanInput, SpanProcess, SpanValues } from './span-input.ts';
import { Strings } from './strings.ts';
import { TraceNumbers, type TracesCopy } from './trace-numbers.ts';

/** With OTLP's numbers. */
export const KIND = { UNSPECIFIED: 0, INTERNAL: 1, SERVER: 2, CLIENT: 3, PRODUCER: 4, CONSUMER: 5 } as const;

/** Everything but what is looked up by. */
export interface TableCopy {
  size: number;
  columns: ColumnsCopy;
  texts: readonly string[];
  traces: TracesCopy;
  attributes: AttributesCopy;
  marks: Mark[];
  invalid: number;
}

export class SpanTable extends SpanColumns {
  readonly strings: Strings = new Strings();
  readonly #traces = new TraceNumbers();
  readonly #sharedAttributes = new SharedAttributes();
  #size = 0;
  readonly #attributes: (KnownAttributes | undefined)[] = [];
  /** Unordered. */
  readonly marks: Mark[] = [];
  /** Rejected for invalid times. */
  invalid = 0;

  get size(): number {
    return this.#size;
  }

  /** By row. */
  get attributes(): readonly (KnownAttributes | undefined)[] {
    return this.#attributes.length === this.#size ? this.#attributes : this.#attributesOfAll();
  }

  /** With a span or a link. */
  get traces(): number {
    return this.#traces.count;
  }

  traceId(number: number): string {
    return this.#traces.text(number);
  }

  traceNumber(traceId: string): number {
    return this.#traces.of(traceId);
  }

  /** -1 unless 32 hexadecimal digits. */
  traceNumberOfBytes(view: DataView, from: number): number {
    return this.#traces.ofBytes(view, from);
  }

  /** Undefined without span or link. */
  findTrace(traceId: string): number | undefined {
    return this.#traces.find(traceId);
  }

  /** Returns its row, or -1 for invalid times. */
  add(span: SpanInput): number {
    const trace = span.traceId === '' ? -1 : this.traceNumber(span.traceId.slice(0, 64));
    const { strings } = this;
    return this.addTo(trace, readId(span.spanId), readId(span.parentSpanId), {
      process: this.processOf(span),
      name: strings.id(span.name),
      kind: span.kind,
      start: span.start,
      end: span.end,
      failed: span.failed,
      errorType: strings.id(span.errorType),
      target: strings.id(span.target),
      attributes: span.attributes,
    });
  }

  processOf({ service, instance, version, host, config }: SpanProcess): SpanValues['process'] {
    const { strings } = this;
    return {
      service: strings.id(service),
      instance: strings.id(instance),
      version: strings.id(version),
      host: strings.id(host),
      config: strings.id(config),
    };
  }

  /** With the trace's number (-1: none) and numeric IDs. */
  addTo(trace: number, id: SpanId, parent: SpanId, span: SpanValues): number {
    if (!(span.start >= 0) || !(span.end < FARTHEST) || trace < 0) {
      this.invalid++;
      return -1;
    }
    this.growTo(this.#size + 1);
    const row = this.#size++;
    this.trace[row] = trace;
    this.idHigh[row] = id.high;
    this.idLow[row] = id.low;
    this.parentHigh[row] = parent.high;
    this.parentLow[row] = parent.low;
    this.hasParent[row] = parent.high === 0 && parent.low === 0 ? 0 : 1;
    this.service[row] = span.process.service;
    this.instance[row] = span.process.instance;
    this.version[row] = span.process.version;
    this.host[row] = span.process.host;
    this.config[row] = span.process.config;
    this.name[row] = span.name;
    this.kind[row] = span.kind >= 0 && span.kind <= 5 ? span.kind : 0;
    this.failed[row] = span.failed ? 1 : 0;
    this.errorType[row] = span.errorType;
    this.target[row] = span.target;
    this.start[row] = span.start;
    // Without a valid end there is no duration.
    this.end[row] = span.end >= span.start ? span.end : span.start;
    this.attributesNumber[row] = span.attributes === undefined ? 0 : this.#sharedAttributes.number(span.attributes);
    return row;
  }

  truncate(size: number): void {
    this.#size = Math.min(size, this.#size);
    this.#attributes.length = Math.min(this.#attributes.length, this.#size);
    while (this.marks.length > 0 && this.marks.at(-1)!.row >= size) this.marks.pop();
  }

  forgetAttributes(row: number): void {
    this.attributesNumber[row] = 0;
    if (row < this.#attributes.length) this.#attributes[row] = undefined;
  }

  /** For `append` in another thread. */
  copy(): TableCopy {
    return {
      size: this.#size,
      columns: copyColumns(this, this.#size),
      texts: this.strings.all,
      traces: this.#traces.copy(),
      attributes: this.#sharedAttributes.copy(),
      marks: this.marks,
      invalid: this.invalid,
    };
  }

  append({ size, columns, texts, traces, attributes, marks, invalid }: TableCopy): void {
    const numbers = {
      texts: Int32Array.from(texts, (text) => this.strings.id(text)),
      traces: this.#traces.take(traces),
    };
    this.growTo(this.#size + size);
    writeColumns(this, this.#size, columns, {
      ...numbers,
      attributes: this.#sharedAttributes.take(attributes, numbers),
    });
    for (const mark of marks) this.marks.push({ ...mark, row: this.#size + mark.row });
    this.#size += size;
    this.invalid += invalid;
  }

  #attributesOfAll(): (KnownAttributes | undefined)[] {
    for (let row = this.#attributes.length; row < this.#size; row++) {
      const number = this.attributesNumber[row]!;
      this.#attributes.push(number === 0 ? undefined : this.#sharedAttributes.object(number, this.strings));
    }
    return this.#attributes;
  }
}

/** The year 2286. */
const FARTHEST = 1e13;
