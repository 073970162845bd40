import type { KnownAttributes, Mark } from './known-attributes.ts';
import { readId, type SpanId } from './span-id.ts';
import { Strings } from './strings.ts';
import { TraceNumbers } from './trace-numbers.ts';

/** With OTLP's numbers. */
export const KIND = { UNSPECIFIED: 0, INTERNAL: 1, SERVER: 2, CLIENT: 3, PRODUCER: 4, CONSUMER: 5 } as const;

/** Times are Unix milliseconds. */
export interface SpanInput {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  service: string;
  /** The process; may be empty. */
  instance: string;
  /** May be empty. */
  version: string;
  name: string;
  kind: number;
  start: number;
  end: number;
  failed: boolean;
  errorType: string;
  /** If the span names it. */
  target: string;
  attributes: KnownAttributes | undefined;
}

export type SpanProcess = Pick<SpanInput, 'service' | 'instance' | 'version'>;
export type SpanValues = Omit<SpanInput, 'traceId' | 'spanId' | 'parentSpanId'>;

export function emptySpan({ service, instance, version }: SpanProcess): SpanInput {
  return {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    service,
    instance,
    version,
    name: '',
    kind: 0,
    start: Number.NaN,
    end: Number.NaN,
    failed: false,
    errorType: '',
    target: '',
    attributes: undefined,
  };
}

/** In columns, about 80 bytes per span. */
export class SpanTable {
  readonly strings: Strings = new Strings();
  readonly #traces = new TraceNumbers();
  /** Most spans follow one of the same process. */
  #process: SpanProcess = { service: '', instance: '', version: '' };
  #processIds = { service: 0, instance: 0, version: 0 };
  #size = 0;
  #room = 1024;

  trace: Int32Array = new Int32Array(this.#room);
  idHigh: Uint32Array = new Uint32Array(this.#room);
  idLow: Uint32Array = new Uint32Array(this.#room);
  parentHigh: Uint32Array = new Uint32Array(this.#room);
  parentLow: Uint32Array = new Uint32Array(this.#room);
  /** 1 where the span names a parent. */
  hasParent: Uint8Array = new Uint8Array(this.#room);
  service: Int32Array = new Int32Array(this.#room);
  instance: Int32Array = new Int32Array(this.#room);
  version: Int32Array = new Int32Array(this.#room);
  name: Int32Array = new Int32Array(this.#room);
  kind: Uint8Array = new Uint8Array(this.#room);
  failed: Uint8Array = new Uint8Array(this.#room);
  errorType: Int32Array = new Int32Array(this.#room);
  target: Int32Array = new Int32Array(this.#room);
  start: Float64Array = new Float64Array(this.#room);
  end: Float64Array = new Float64Array(this.#room);
  readonly attributes: (KnownAttributes | undefined)[] = [];
  /** Unordered. */
  readonly marks: Mark[] = [];
  /** Rejected for invalid times. */
  invalid = 0;

  get size(): number {
    return this.#size;
  }

  get traceIds(): readonly string[] {
    return this.#traces.ids;
  }

  traceNumber(traceId: string): number {
    return this.#traces.of(traceId);
  }

  /** -1 unless 32 hexadecimal digits. */
  traceNumberOfBytes(bytes: Buffer, from: number, to: number): number {
    return this.#traces.ofBytes(bytes, from, to);
  }

  /** Undefined without span or link. */
  findTrace(traceId: string): number | undefined {
    return this.#traces.find(traceId);
  }

  /** Returns its row, or -1 for invalid times. */
  add(span: SpanInput): number {
    const trace = span.traceId === '' ? -1 : this.traceNumber(span.traceId.slice(0, 64));
    return this.addTo(trace, readId(span.spanId), readId(span.parentSpanId), span);
  }

  /** With the trace's number (-1: none) and numeric IDs. */
  addTo(trace: number, id: SpanId, parent: SpanId, span: SpanValues): number {
    if (!(span.start >= 0) || !(span.end < FARTHEST) || trace < 0) {
      this.invalid++;
      return -1;
    }
    if (this.#size === this.#room) this.#grow();
    const row = this.#size++;
    this.trace[row] = trace;
    this.idHigh[row] = id.high;
    this.idLow[row] = id.low;
    this.parentHigh[row] = parent.high;
    this.parentLow[row] = parent.low;
    this.hasParent[row] = parent.high === 0 && parent.low === 0 ? 0 : 1;
    this.#setProcess(row, span);
    this.name[row] = this.strings.id(span.name);
    this.kind[row] = span.kind >= 0 && span.kind <= 5 ? span.kind : 0;
    this.failed[row] = span.failed ? 1 : 0;
    this.errorType[row] = this.strings.id(span.errorType);
    this.target[row] = this.strings.id(span.target);
    this.start[row] = span.start;
    // Without a valid end there is no duration.
    this.end[row] = span.end >= span.start ? span.end : span.start;
    this.attributes.push(span.attributes);
    return row;
  }

  truncate(size: number): void {
    this.#size = Math.min(size, this.#size);
    this.attributes.length = this.#size;
    while (this.marks.length > 0 && this.marks.at(-1)!.row >= size) this.marks.pop();
  }

  #setProcess(row: number, { service, instance, version }: SpanProcess): void {
    const last = this.#process;
    if (service !== last.service || instance !== last.instance || version !== last.version) {
      this.#process = { service, instance, version };
      const { strings } = this;
      this.#processIds = {
        service: strings.id(service),
        instance: strings.id(instance),
        version: strings.id(version),
      };
    }
    this.service[row] = this.#processIds.service;
    this.instance[row] = this.#processIds.instance;
    this.version[row] = this.#processIds.version;
  }

  #grow(): void {
    this.#room *= 2;
    this.trace = grown(this.trace, new Int32Array(this.#room));
    this.idHigh = grown(this.idHigh, new Uint32Array(this.#room));
    this.idLow = grown(this.idLow, new Uint32Array(this.#room));
    this.parentHigh = grown(this.parentHigh, new Uint32Array(this.#room));
    this.parentLow = grown(this.parentLow, new Uint32Array(this.#room));
    this.hasParent = grown(this.hasParent, new Uint8Array(this.#room));
    this.service = grown(this.service, new Int32Array(this.#room));
    this.instance = grown(this.instance, new Int32Array(this.#room));
    this.version = grown(this.version, new Int32Array(this.#room));
    this.name = grown(this.name, new Int32Array(this.#room));
    this.kind = grown(this.kind, new Uint8Array(this.#room));
    this.failed = grown(this.failed, new Uint8Array(this.#room));
    this.errorType = grown(this.errorType, new Int32Array(this.#room));
    this.target = grown(this.target, new Int32Array(this.#room));
    this.start = grown(this.start, new Float64Array(this.#room));
    this.end = grown(this.end, new Float64Array(this.#room));
  }
}

/** The year 2286. */
const FARTHEST = 1e13;

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
