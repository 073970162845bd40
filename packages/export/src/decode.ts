/**
 * Our own protobuf bytes, read back into the official OTLP/JSON mapping: ids as lower-case hex, 64-bit
 * integers as decimal strings, enums as numbers, other bytes as base64. It serves OTLP/JSON as it is,
 * and Zipkin and the console as a model to read from. Runs beside the sender, never where spans end.
 */

export interface JsonSpan {
  traceId: string;
  spanId: string;
  traceState?: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: JsonKeyValue[];
  droppedAttributesCount?: number;
  events: JsonEvent[];
  droppedEventsCount?: number;
  links: JsonLink[];
  droppedLinksCount?: number;
  status: { code?: number; message?: string };
  flags: number;
}

export interface JsonEvent {
  timeUnixNano: string;
  name: string;
  attributes: JsonKeyValue[];
  droppedAttributesCount?: number;
}

export interface JsonLink {
  traceId: string;
  spanId: string;
  traceState?: string;
  attributes: JsonKeyValue[];
  droppedAttributesCount?: number;
  flags: number;
}

export interface JsonKeyValue {
  key: string;
  value: JsonValue;
}

export interface JsonValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string;
  doubleValue?: number | string;
  arrayValue?: { values: JsonValue[] };
  kvlistValue?: { values: JsonKeyValue[] };
  bytesValue?: string;
}

export interface JsonResource {
  attributes: JsonKeyValue[];
}

export interface JsonScope {
  name: string;
  version?: string;
  attributes?: JsonKeyValue[];
}

/** Reads the fields of one message; `field` consumes those it knows, the rest is skipped. */
class Reader {
  readonly bytes: Buffer;
  #pos = 0;
  #wire = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** The number of the next field, 0 at the end. The field must be read or skipped before the next. */
  next(): number {
    if (this.#pos >= this.bytes.length) return 0;
    const tag = this.number();
    this.#wire = tag & 7;
    return Math.floor(tag / 8);
  }

  /** A varint of 64 bits, unsigned. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError('a varint of more than 10 bytes');
  }

  /** A varint that a number can hold: tags, lengths, counts. */
  number(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 49; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a varint above 2^49');
  }

  #byte(): number {
    const byte = this.bytes[this.#pos++];
    if (byte === undefined) throw new RangeError('truncated varint');
    return byte;
  }

  fixed32(): number {
    this.#pos += 4;
    return this.bytes.readUInt32LE(this.#pos - 4);
  }

  fixed64(): string {
    this.#pos += 8;
    return this.bytes.readBigUInt64LE(this.#pos - 8).toString();
  }

  double(): number {
    this.#pos += 8;
    return this.bytes.readDoubleLE(this.#pos - 8);
  }

  slice(): Buffer {
    const length = this.number();
    this.#pos += length;
    if (this.#pos > this.bytes.length) throw new RangeError('truncated field');
    return this.bytes.subarray(this.#pos - length, this.#pos);
  }

  text(): string {
    return this.slice().toString('utf8');
  }

  skip(): void {
    if (this.#wire === 0) this.varint();
    else if (this.#wire === 1) this.#pos += 8;
    else if (this.#wire === 2) this.slice();
    else this.#pos += 4;
  }
}

/** Reads a Span message. */
export function readSpan(bytes: Buffer): JsonSpan {
  const span: JsonSpan = {
    traceId: '',
    spanId: '',
    name: '',
    kind: 0,
    startTimeUnixNano: '0',
    endTimeUnixNano: '0',
    attributes: [],
    events: [],
    links: [],
    status: {},
    flags: 0,
  };
  const reader = new Reader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    switch (field) {
      case 1:
        span.traceId = reader.slice().toString('hex');
        break;
      case 2:
        span.spanId = reader.slice().toString('hex');
        break;
      case 3:
        span.traceState = reader.text();
        break;
      case 4:
        span.parentSpanId = reader.slice().toString('hex');
        break;
      case 5:
        span.name = reader.text();
        break;
      case 6:
        span.kind = reader.number();
        break;
      case 7:
        span.startTimeUnixNano = reader.fixed64();
        break;
      case 8:
        span.endTimeUnixNano = reader.fixed64();
        break;
      case 9:
        span.attributes.push(readKeyValue(reader.slice()));
        break;
      case 10:
        span.droppedAttributesCount = reader.number();
        break;
      case 11:
        span.events.push(readEvent(reader.slice()));
        break;
      case 12:
        span.droppedEventsCount = reader.number();
        break;
      case 13:
        span.links.push(readLink(reader.slice()));
        break;
      case 14:
        span.droppedLinksCount = reader.number();
        break;
      case 15:
        span.status = readStatus(reader.slice());
        break;
      case 16:
        span.flags = reader.fixed32();
        break;
      default:
        reader.skip();
    }
  }
  return span;
}

function readEvent(bytes: Buffer): JsonEvent {
  const event: JsonEvent = { timeUnixNano: '0', name: '', attributes: [] };
  const reader = new Reader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    switch (field) {
      case 1:
        event.timeUnixNano = reader.fixed64();
        break;
      case 2:
        event.name = reader.text();
        break;
      case 3:
        event.attributes.push(readKeyValue(reader.slice()));
        break;
      case 4:
        event.droppedAttributesCount = reader.number();
        break;
      default:
        reader.skip();
    }
  }
  return event;
}

function readLink(bytes: Buffer): JsonLink {
  const link: JsonLink = { traceId: '', spanId: '', attributes: [], flags: 0 };
  const reader = new Reader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    switch (field) {
      case 1:
        link.traceId = reader.slice().toString('hex');
        break;
      case 2:
        link.spanId = reader.slice().toString('hex');
        break;
      case 3:
        link.traceState = reader.text();
        break;
      case 4:
        link.attributes.push(readKeyValue(reader.slice()));
        break;
      case 5:
        link.droppedAttributesCount = reader.number();
        break;
      case 6:
        link.flags = reader.fixed32();
        break;
      default:
        reader.skip();
    }
  }
  return link;
}

function readStatus(bytes: Buffer): JsonSpan['status'] {
  const status: JsonSpan['status'] = {};
  const reader = new Reader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 2) status.message = reader.text();
    else if (field === 3) status.code = reader.number();
    else reader.skip();
  }
  return status;
}

function readKeyValue(bytes: Buffer): JsonKeyValue {
  const pair: JsonKeyValue = { key: '', value: {} };
  const reader = new Reader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) pair.key = reader.text();
    else if (field === 2) pair.value = readValue(reader.slice());
    else reader.skip();
  }
  return pair;
}

function readValue(bytes: Buffer): JsonValue {
  const reader = new Reader(bytes);
  switch (reader.next()) {
    case 1:
      return { stringValue: reader.text() };
    case 2:
      return { boolValue: reader.varint() !== 0n };
    case 3:
      return { intValue: BigInt.asIntN(64, reader.varint()).toString() };
    case 4: {
      const value = reader.double();
      // proto3's JSON mapping: what JSON cannot say is a string.
      if (Object.is(value, -0)) return { doubleValue: '-0' };
      return { doubleValue: Number.isFinite(value) ? value : String(value) };
    }
    case 5:
      return { arrayValue: { values: readRepeated(reader.slice(), readValue) } };
    case 6:
      return { kvlistValue: { values: readRepeated(reader.slice(), readKeyValue) } };
    case 7:
      return { bytesValue: reader.slice().toString('base64') };
    default:
      return {};
  }
}

function readRepeated<T>(bytes: Buffer, read: (bytes: Buffer) => T): T[] {
  const values: T[] = [];
  const reader = new Reader(bytes);
  while (reader.next() !== 0) values.push(read(reader.slice()));
  return values;
}

/** Reads the resource of a ResourceSpans fragment. */
export function readResource(fragment: Buffer): JsonResource {
  const attributes: JsonKeyValue[] = [];
  const outer = new Reader(fragment);
  for (let field = outer.next(); field !== 0; field = outer.next()) {
    if (field !== 1) {
      outer.skip();
      continue;
    }
    const reader = new Reader(outer.slice());
    for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
      if (inner === 1) attributes.push(readKeyValue(reader.slice()));
      else reader.skip();
    }
  }
  return { attributes };
}

/** Reads the scope of a ScopeSpans fragment. */
export function readScope(fragment: Buffer): { scope: JsonScope; schemaUrl?: string } {
  const result: { scope: JsonScope; schemaUrl?: string } = { scope: { name: '' } };
  const outer = new Reader(fragment);
  for (let field = outer.next(); field !== 0; field = outer.next()) {
    if (field === 3) result.schemaUrl = outer.text();
    else if (field !== 1) outer.skip();
    else {
      const reader = new Reader(outer.slice());
      for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
        if (inner === 1) result.scope.name = reader.text();
        else if (inner === 2) result.scope.version = reader.text();
        else if (inner === 3) (result.scope.attributes ??= []).push(readKeyValue(reader.slice()));
        else reader.skip();
      }
    }
  }
  return result;
}

/** `ExportTraceServiceResponse`: what a backend says about a request it took in part. Never throws: answers are foreign. */
export function readPartialSuccess(body: Buffer): { rejectedSpans: number; message: string } {
  try {
    const reader = new Reader(body);
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === 1) {
        const { number, text } = readNumberAndText(reader.slice());
        return { rejectedSpans: number, message: text };
      }
      reader.skip();
    }
  } catch {
    // Some backends answer 200 with text: nothing was rejected then.
  }
  return { rejectedSpans: 0, message: '' };
}

/** `google.rpc.Status`: why a backend refused a request. Never throws. */
export function readRefusal(body: Buffer): string {
  try {
    return readNumberAndText(body).text;
  } catch {
    return '';
  }
}

/** Both answers have a number as field 1 and a text as field 2. */
function readNumberAndText(bytes: Buffer): { number: number; text: string } {
  const read = { number: 0, text: '' };
  const reader = new Reader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) read.number = reader.number();
    else if (field === 2) read.text = reader.text();
    else reader.skip();
  }
  return read;
}

/** A value as a person would write it: text as it is, the rest as JSON. */
export function plain(value: JsonValue): unknown {
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.intValue !== undefined) {
    const number = Number(value.intValue);
    return Number.isSafeInteger(number) ? number : value.intValue;
  }
  if (value.doubleValue !== undefined) return value.doubleValue;
  if (value.arrayValue) return value.arrayValue.values.map(plain);
  if (value.kvlistValue) return plainObject(value.kvlistValue.values);
  if (value.bytesValue !== undefined) return value.bytesValue;
  return null;
}

/** Attributes as one plain object. */
export function plainObject(pairs: readonly JsonKeyValue[]): Record<string, unknown> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, plain(value)]));
}

/** {@link plain}, as text. */
export function plainText(value: JsonValue): string {
  const it = plain(value);
  return typeof it === 'string' ? it : JSON.stringify(it);
}
