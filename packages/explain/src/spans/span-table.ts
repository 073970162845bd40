import { Strings } from './strings.ts';
import type { Facts, Mark } from './facts.ts';

/** With OTLP's numbers. */
export const KIND = { UNSPECIFIED: 0, INTERNAL: 1, SERVER: 2, CLIENT: 3, PRODUCER: 4, CONSUMER: 5 } as const;

/** Times are Unix milliseconds. */
export interface SpanInput {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  service: string;
  /** Identifies the process; may be empty. */
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
  facts: Facts | undefined;
}

export type SpanProcess = Pick<SpanInput, 'service' | 'instance' | 'version'>;

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
    facts: undefined,
  };
}

/** All spans in columns, about 80 bytes per span. */
export class SpanTable {
  readonly strings: Strings = new Strings();
  readonly traceIds: string[] = [];
  readonly #traces = new Map<string, number>();
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
  readonly facts: (Facts | undefined)[] = [];
  /** Unordered. */
  readonly marks: Mark[] = [];
  /** Rejected for invalid times. */
  invalid = 0;

  get size(): number {
    return this.#size;
  }

  traceNumber(traceId: string): number {
    const known = this.#traces.get(traceId);
    if (known !== undefined) return known;
    const number = this.traceIds.length;
    this.traceIds.push(traceId);
    this.#traces.set(traceId, number);
    return number;
  }

  /** Undefined if the trace has no span and no link. */
  findTrace(traceId: string): number | undefined {
    return this.#traces.get(traceId);
  }

  /** Adds a span; returns its row, or -1 for invalid times. */
  add(span: SpanInput): number {
    if (!(span.start >= 0) || !(span.end < FARTHEST) || span.traceId === '') {
      this.invalid++;
      return -1;
    }
    if (this.#size === this.#room) this.#grow();
    const row = this.#size++;
    this.trace[row] = this.traceNumber(span.traceId.slice(0, 64));
    readId(span.spanId);
    this.idHigh[row] = high;
    this.idLow[row] = low;
    readId(span.parentSpanId);
    this.parentHigh[row] = high;
    this.parentLow[row] = low;
    this.hasParent[row] = high === 0 && low === 0 ? 0 : 1;
    this.service[row] = this.strings.id(span.service);
    this.instance[row] = this.strings.id(span.instance);
    this.version[row] = this.strings.id(span.version);
    this.name[row] = this.strings.id(span.name);
    this.kind[row] = span.kind >= 0 && span.kind <= 5 ? span.kind : 0;
    this.failed[row] = span.failed ? 1 : 0;
    this.errorType[row] = this.strings.id(span.errorType);
    this.target[row] = this.strings.id(span.target);
    this.start[row] = span.start;
    // A span without a valid end has no duration.
    this.end[row] = span.end >= span.start ? span.end : span.start;
    this.facts.push(span.facts);
    return row;
  }

  truncate(size: number): void {
    this.#size = Math.min(size, this.#size);
    this.facts.length = this.#size;
    while (this.marks.length > 0 && this.marks.at(-1)!.row >= size) this.marks.pop();
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

/** The year 2286, the latest valid time. */
const FARTHEST = 1e13;

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}

let high = 0;
let low = 0;

/** 16 hexadecimal digits, or a hash of other text. */
function readId(id: string): void {
  high = 0;
  low = 0;
  if (id === '') return;
  if (id.length === 16) {
    let isHex = true;
    for (let i = 0; i < 16 && isHex; i++) {
      const digit = hexDigit(id.charCodeAt(i));
      if (digit < 0) isHex = false;
      else if (i < 8) high = (high << 4) | digit;
      else low = (low << 4) | digit;
    }
    high >>>= 0;
    low >>>= 0;
    if (isHex) return;
  }
  // FNV-1a, twice.
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let i = 0; i < id.length && i < 256; i++) {
    const code = id.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b);
  }
  high = a >>> 0;
  low = (b >>> 0) | 1;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return -1;
}
