import type { Attributes, HrTime, Link, SpanContext, SpanStatus } from '@opentelemetry/api';
import type { CommonAttributes } from '@foreshock/kit';

/**
 * A finished span, as SDK 2.x and 3.x hand it to a span processor (`ReadableSpan` of both). Stated
 * here so that neither line of the SDK is a dependency.
 */
export interface FinishedSpan {
  readonly name: string;
  readonly kind: number;
  spanContext(): SpanContext;
  readonly parentSpanContext?: SpanContext | undefined;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly links: readonly Link[];
  readonly events: readonly FinishedEvent[];
  readonly instrumentationScope: Scope;
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
  /** Of our own tracer's spans: the same as IDs, times and attributes above, as they are quickest to write. */
  readonly ids?: SpanIds;
  readonly parentIds?: SpanIds | undefined;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly recorded?: RecordedAttributes;
}

/** IDs as numbers of 32 bits, each of four bytes, little-endian. */
export interface SpanIds {
  readonly trace: { readonly first: number; readonly second: number; readonly third: number; readonly fourth: number };
  readonly first: number;
  readonly second: number;
}

/** Attributes in the parts in which our own tracer keeps them; no key is in two. */
export interface RecordedAttributes {
  readonly common: CommonAttributes | undefined;
  readonly moreCommon: CommonAttributes | undefined;
  readonly given: Attributes;
  /** Keys and values in turn. */
  readonly later: readonly unknown[];
}

/** An event of a finished span. */
export interface FinishedEvent {
  readonly name: string;
  readonly time: HrTime;
  readonly attributes?: Attributes | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

/** Who made the span; the SDK keeps one object a tracer. */
export interface Scope {
  readonly name: string;
  readonly version?: string | undefined;
  readonly schemaUrl?: string | undefined;
  readonly attributes?: Attributes | undefined;
}

/** A span takes at most this many bytes: what does not fit is left out, and counted on the span. */
export const MAX_SPAN_BYTES = 1 << 20;

/** Names, status messages and trace states are cut here, so that the rest of a span always fits. UTF-16 units. */
const MAX_TEXT = 16_384;
/** Nested values deeper than this, cyclic ones first, are left out. */
const MAX_DEPTH = 16;
/** Kept free at the end of a span for its three drop counts, and for `putText` to look beyond a text. */
const COUNTS_BYTES = 18;

/** Below this, a loop over the characters beats the call into native code. */
const SHORT_TEXT = 64;

const MAX_CACHED_KEYS = 512;
const MAX_CACHED_KEY_LENGTH = 128;

/** Thrown, without the cost of a stack, when the bytes do not fit; caught in this file. */
const NO_ROOM = Object.freeze({ reason: 'no room' });
/** Thrown for a value that OTLP cannot carry; caught in this file. */
const UNFIT = Object.freeze({ reason: 'unfit' });

// Wire tags: field number << 3 | wire type (0 varint, 1 fixed64, 2 bytes, 5 fixed32).
const SPAN_ATTRIBUTE = (9 << 3) | 2;
const EVENT_ATTRIBUTE = (3 << 3) | 2;
const LINK_ATTRIBUTE = (4 << 3) | 2;
const RESOURCE_ATTRIBUTE = (1 << 3) | 2;
const SCOPE_ATTRIBUTE = (3 << 3) | 2;

const NIBBLES = new Uint8Array(128);
for (let i = 0; i < 16; i++) {
  NIBBLES['0123456789abcdef'.charCodeAt(i)] = i;
  NIBBLES['0123456789ABCDEF'.charCodeAt(i)] = i;
}

function varintSize(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
}

/** An integer that takes at most 31 bits, and no sign. */
function isSmall(value: number): boolean {
  return (value | 0) === value && value >= 0 && !Object.is(value, -0);
}

/** Writes an unsigned integer below 2^32 and returns the position behind it. */
function putVarint(out: Uint8Array, at: number, value: number): number {
  let pos = at;
  let rest = value;
  while (rest > 0x7f) {
    out[pos++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[pos++] = rest;
  return pos;
}

function putFixed32(out: Uint8Array, at: number, value: number): number {
  out[at] = value;
  out[at + 1] = value >>> 8;
  out[at + 2] = value >>> 16;
  out[at + 3] = value >>> 24;
  return at + 4;
}

/**
 * Writes text as UTF-8, lone surrogates as U+FFFD, if it takes `size` bytes. There must be room for
 * 4 more: a text that takes more than `size` then says so, however its characters fall.
 *
 * @returns how many bytes were written
 */
function putText(out: Buffer, at: number, text: string, size: number): number {
  if (size > SHORT_TEXT || size !== text.length) return out.write(text, at, size + 4, 'utf8');
  for (let i = 0; i < size; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return -1;
    out[at + i] = unit;
  }
  return size;
}

/** `[seconds, nanoseconds]` as a 64-bit count of nanoseconds: above 2^53, so in two exact halves. */
function putTime(out: Uint8Array, at: number, time: HrTime): number {
  return putNanoseconds(out, at, time[0], time[1]);
}

function putMilliseconds(out: Uint8Array, at: number, ms: number): number {
  const seconds = Math.floor(ms / 1_000);
  return putNanoseconds(out, at, seconds, Math.round((ms - seconds * 1_000) * 1e6));
}

function putNanoseconds(out: Uint8Array, at: number, seconds: number, nanoseconds: number): number {
  const upper = Math.floor(seconds / 0x10000) * 1e9;
  const lower = (upper % 0x10000) * 0x10000 + (seconds & 0xffff) * 1e9 + nanoseconds;
  const pos = putFixed32(out, at, lower >>> 0);
  return putFixed32(out, pos, Math.floor(upper / 0x10000) + Math.floor(lower / 0x100000000));
}

function putHex(out: Uint8Array, at: number, hex: string, bytes: number): number {
  for (let i = 0; i < bytes; i++) {
    out[at + i] = (NIBBLES[hex.charCodeAt(2 * i)]! << 4) | NIBBLES[hex.charCodeAt(2 * i + 1)]!;
  }
  return at + bytes;
}

function putTraceId(out: Uint8Array, at: number, { first, second, third, fourth }: SpanIds['trace']): number {
  let pos = putFixed32(out, at, first);
  pos = putFixed32(out, pos, second);
  pos = putFixed32(out, pos, third);
  return putFixed32(out, pos, fourth);
}

function putSpanId(out: Uint8Array, at: number, { first, second }: SpanIds): number {
  return putFixed32(out, putFixed32(out, at, first), second);
}

/** The proto's flags: the W3C bits, and whether the context in question came from another process. */
function flagsOf(traceFlags: number, isRemote: boolean | undefined): number {
  return (traceFlags & 0xff) | 0x100 | (isRemote ? 0x200 : 0);
}

/**
 * Turns finished spans into `opentelemetry.proto.trace.v1.Span` bytes, straight into the buffer they
 * wait in: no object tree, no JSON, nothing allocated per span. Never throws for what a span holds.
 */
export class SpanEncoder {
  #out: Buffer = Buffer.alloc(0);
  #pos = 0;
  #limit = 0;
  /** Whether `#limit` is the span's own, so that what is beyond it is dropped rather than asked room for. */
  #capped = false;
  #depth = 0;
  readonly #keys = new Map<string, Uint8Array>();

  /** Attributes left out so far because they could not be encoded or did not fit. */
  droppedAttributes = 0;

  /**
   * Writes a span into `out` from `at`.
   *
   * @param cap what a span may take, bytes; what does not fit is left out, and counted on the span
   * @returns the position behind it, or -1 when `out` has too little room; nothing counts then
   */
  encode(span: FinishedSpan, out: Buffer, at: number, cap: number = MAX_SPAN_BYTES): number {
    const dropped = this.droppedAttributes;
    this.#begin(out, at, cap);
    try {
      this.#span(span);
      return this.#pos;
    } catch (error) {
      this.droppedAttributes = dropped;
      if (error === NO_ROOM) return -1;
      throw error;
    }
  }

  /**
   * Writes a `ResourceSpans` message that has a resource and no spans yet. What `out` has no room for
   * is left out.
   *
   * @returns the position behind it
   */
  encodeResource(attributes: Attributes, out: Buffer, at: number): number {
    this.#begin(out, at, out.length - at);
    const start = this.#open((1 << 3) | 2);
    this.#attributes(RESOURCE_ATTRIBUTE, attributes);
    this.#limit += COUNTS_BYTES;
    this.#close(start);
    return this.#pos;
  }

  /** Writes a `ScopeSpans` message that has a scope and no spans yet; returns as {@link encode}. */
  encodeScope(scope: Scope, out: Buffer, at: number): number {
    this.#begin(out, at, MAX_SPAN_BYTES);
    try {
      const start = this.#open((1 << 3) | 2);
      this.#text((1 << 3) | 2, scope.name);
      if (scope.version) this.#text((2 << 3) | 2, scope.version);
      if (scope.attributes) this.#attributes(SCOPE_ATTRIBUTE, scope.attributes);
      this.#close(start);
      if (scope.schemaUrl) this.#text((3 << 3) | 2, scope.schemaUrl);
      return this.#pos;
    } catch (error) {
      if (error === NO_ROOM) return -1;
      throw error;
    }
  }

  #begin(out: Buffer, at: number, cap: number): void {
    this.#out = out;
    this.#pos = at;
    this.#depth = 0;
    this.#capped = at + cap <= out.length;
    this.#limit = (this.#capped ? at + cap : out.length) - COUNTS_BYTES;
  }

  #need(bytes: number): void {
    if (this.#pos + bytes > this.#limit) throw NO_ROOM;
  }

  #span(span: FinishedSpan): void {
    const context = span.spanContext();
    const parent = span.parentSpanContext;
    this.#need(80);
    const out = this.#out;
    let pos = this.#pos;
    out[pos] = (1 << 3) | 2;
    out[pos + 1] = 16;
    const { ids, parentIds } = span;
    pos = ids ? putTraceId(out, pos + 2, ids.trace) : putHex(out, pos + 2, context.traceId, 16);
    out[pos] = (2 << 3) | 2;
    out[pos + 1] = 8;
    pos = ids ? putSpanId(out, pos + 2, ids) : putHex(out, pos + 2, context.spanId, 8);
    if (parent?.spanId) {
      out[pos] = (4 << 3) | 2;
      out[pos + 1] = 8;
      pos = parentIds ? putSpanId(out, pos + 2, parentIds) : putHex(out, pos + 2, parent.spanId, 8);
    }
    out[pos] = 6 << 3;
    // The API counts kinds from INTERNAL = 0, the proto from UNSPECIFIED = 0.
    out[pos + 1] = (span.kind + 1) & 0x7f;
    out[pos + 2] = (7 << 3) | 1;
    pos += 3;
    const { startMs, endMs } = span;
    pos = startMs === undefined ? putTime(out, pos, span.startTime) : putMilliseconds(out, pos, startMs);
    out[pos] = (8 << 3) | 1;
    pos += 1;
    pos = endMs === undefined ? putTime(out, pos, span.endTime) : putMilliseconds(out, pos, endMs);
    // Field 16 is the first whose tag takes two bytes.
    out[pos] = 0x85;
    out[pos + 1] = 0x01;
    this.#pos = putFixed32(out, pos + 2, flagsOf(context.traceFlags, parent?.isRemote));

    this.#text((5 << 3) | 2, span.name);
    if (context.traceState) this.#traceState(context);
    this.#status(span.status);
    const { recorded } = span;
    const droppedAttributes = recorded ? this.#recorded(recorded) : this.#attributes(SPAN_ATTRIBUTE, span.attributes);
    const droppedEvents = span.events.length === 0 ? 0 : this.#events(span.events);
    const droppedLinks = span.links.length === 0 ? 0 : this.#links(span.links);

    // Behind the limit, in the room kept for them.
    this.#count(10 << 3, span.droppedAttributesCount + droppedAttributes);
    this.#count(12 << 3, span.droppedEventsCount + droppedEvents);
    this.#count(14 << 3, span.droppedLinksCount + droppedLinks);
  }

  #count(tag: number, count: number): void {
    if (!(count > 0)) return;
    this.#out[this.#pos] = tag;
    this.#pos = putVarint(this.#out, this.#pos + 1, count >>> 0);
  }

  #traceState(context: SpanContext): void {
    let text: unknown;
    try {
      text = context.traceState?.serialize();
    } catch {
      return;
    }
    if (text && typeof text === 'string') this.#text((3 << 3) | 2, text);
  }

  #status(status: SpanStatus): void {
    const { code, message } = status;
    if (code === 0 && !message) return;
    const start = this.#open((15 << 3) | 2);
    this.#need(2);
    this.#out[this.#pos++] = 3 << 3;
    this.#out[this.#pos++] = code & 0x7f;
    if (message) this.#text((2 << 3) | 2, message);
    this.#close(start);
  }

  #events(events: readonly FinishedEvent[]): number {
    let done = 0;
    for (const event of events) {
      const start = this.#pos;
      try {
        const open = this.#open((11 << 3) | 2);
        this.#need(9 + COUNTS_BYTES);
        this.#out[this.#pos] = (1 << 3) | 1;
        this.#pos = putTime(this.#out, this.#pos + 1, event.time);
        this.#text((2 << 3) | 2, event.name);
        const dropped = event.attributes ? this.#attributes(EVENT_ATTRIBUTE, event.attributes) : 0;
        this.#need(6);
        this.#count(4 << 3, (event.droppedAttributesCount ?? 0) + dropped);
        this.#close(open);
        done++;
      } catch (error) {
        this.#giveUp(start, error);
      }
    }
    return events.length - done;
  }

  #links(links: readonly Link[]): number {
    let done = 0;
    for (const link of links) {
      const start = this.#pos;
      try {
        const { context } = link;
        const open = this.#open((13 << 3) | 2);
        this.#need(34 + COUNTS_BYTES);
        const out = this.#out;
        let pos = this.#pos;
        out[pos] = (1 << 3) | 2;
        out[pos + 1] = 16;
        pos = putHex(out, pos + 2, context.traceId, 16);
        out[pos] = (2 << 3) | 2;
        out[pos + 1] = 8;
        pos = putHex(out, pos + 2, context.spanId, 8);
        out[pos] = (6 << 3) | 5;
        this.#pos = putFixed32(out, pos + 1, flagsOf(context.traceFlags, context.isRemote));
        if (context.traceState) this.#traceState(context);
        const dropped = link.attributes ? this.#attributes(LINK_ATTRIBUTE, link.attributes) : 0;
        this.#need(6);
        this.#count(5 << 3, (link.droppedAttributesCount ?? 0) + dropped);
        this.#close(open);
        done++;
      } catch (error) {
        this.#giveUp(start, error);
      }
    }
    return links.length - done;
  }

  /** Takes back what was written since `start`; asks for a larger buffer if the buffer was the reason. */
  #giveUp(start: number, error: unknown): void {
    this.#pos = start;
    this.#depth = 0;
    if (error === NO_ROOM && !this.#capped) throw NO_ROOM;
  }

  /** @returns how many were left out */
  #recorded({ common, moreCommon, given, later }: RecordedAttributes): number {
    let dropped = this.#attributes(SPAN_ATTRIBUTE, given);
    if (common) dropped += this.#common(common);
    if (moreCommon) dropped += this.#common(moreCommon);
    let refused = 0;
    for (let i = 0; i < later.length; i += 2) {
      if (!this.#attribute(SPAN_ATTRIBUTE, later[i] as string, later[i + 1])) refused++;
    }
    this.droppedAttributes += refused;
    return dropped + refused;
  }

  /** Attributes of many spans: encoded with the second of them, once it is known that there are several. */
  #common(common: CommonAttributes): number {
    const { encoded } = common;
    if (encoded === undefined) {
      const start = this.#pos;
      const dropped = this.#attributes(SPAN_ATTRIBUTE, common.values);
      if (dropped === 0 && ++common.uses > 1) common.encoded = Uint8Array.from(this.#out.subarray(start, this.#pos));
      return dropped;
    }
    const end = this.#pos + encoded.length;
    if (end > this.#limit) return this.#attributes(SPAN_ATTRIBUTE, common.values);
    this.#out.set(encoded, this.#pos);
    this.#pos = end;
    return 0;
  }

  /** @returns how many were left out */
  #attributes(tag: number, attributes: Attributes): number {
    let dropped = 0;
    try {
      for (const key in attributes) {
        if (!Object.hasOwn(attributes, key)) continue;
        let value: unknown;
        try {
          value = attributes[key];
        } catch {
          dropped++;
          continue;
        }
        if (!this.#attribute(tag, key, value)) dropped++;
      }
    } catch (error) {
      if (error === NO_ROOM) throw error;
      // An exotic object that cannot be listed.
      dropped++;
    }
    this.droppedAttributes += dropped;
    return dropped;
  }

  #attribute(tag: number, key: string, value: unknown): boolean {
    const start = this.#pos;
    try {
      if (typeof value === 'string') return this.#stringAttribute(tag, this.#field(key), value, value.length);
      if (value === undefined) return true;
      if (typeof value === 'number' && isSmall(value))
        return this.#smallAttribute(tag, this.#field(key), 3 << 3, value);
      if (typeof value === 'boolean') return this.#smallAttribute(tag, this.#field(key), 2 << 3, value ? 1 : 0);
      const open = this.#open(tag);
      this.#key(key);
      this.#anyField((2 << 3) | 2, value);
      this.#close(open);
      return true;
    } catch (error) {
      this.#giveUp(start, error);
      return false;
    }
  }

  /**
   * Writes a string attribute in one pass, on the guess that the value is ASCII and takes `size`
   * bytes; starts again with the real size when it is not.
   */
  #stringAttribute(tag: number, field: Uint8Array, value: string, size: number): boolean {
    const out = this.#out;
    let pos = this.#pair(tag, field, 1 + varintSize(size) + size);
    if (pos < 0) return false;
    out[pos] = (1 << 3) | 2;
    pos = putVarint(out, pos + 1, size);
    if (putText(out, pos, value, size) !== size) {
      return this.#stringAttribute(tag, field, value, Buffer.byteLength(value));
    }
    this.#pos = pos + size;
    return true;
  }

  /** Field 1 of a KeyValue: tag, length and UTF-8 of the key. */
  #field(key: string): Uint8Array {
    return this.#keys.get(key) ?? this.#learnKey(key);
  }

  /** A boolean, or the integer that most numbers are, in one pass. */
  #smallAttribute(tag: number, field: Uint8Array, kind: number, value: number): boolean {
    const pos = this.#pair(tag, field, 1 + varintSize(value));
    if (pos < 0) return false;
    this.#out[pos] = kind;
    this.#pos = putVarint(this.#out, pos + 1, value);
    return true;
  }

  /**
   * Writes an attribute up to its value, of which `any` bytes follow.
   *
   * @returns the position behind it, or -1 when the attribute does not fit the span
   */
  #pair(tag: number, field: Uint8Array, any: number): number {
    const out = this.#out;
    const pair = field.length + 1 + varintSize(any) + any;
    if (this.#pos + 6 + pair > this.#limit) {
      if (!this.#capped) throw NO_ROOM;
      return -1;
    }
    out[this.#pos] = tag;
    let pos = putVarint(out, this.#pos + 1, pair);
    out.set(field, pos);
    pos += field.length;
    out[pos] = (2 << 3) | 2;
    return putVarint(out, pos + 1, any);
  }

  #learnKey(key: string): Uint8Array {
    const text = Buffer.from(key, 'utf8');
    const field = new Uint8Array(1 + varintSize(text.length) + text.length);
    field[0] = (1 << 3) | 2;
    field.set(text, putVarint(field, 1, text.length));
    if (key.length <= MAX_CACHED_KEY_LENGTH) {
      // Made-up keys would fill it for good: start over, what is frequent is back at once.
      if (this.#keys.size >= MAX_CACHED_KEYS) this.#keys.clear();
      this.#keys.set(key, field);
    }
    return field;
  }

  #key(key: string): void {
    const field = this.#field(key);
    this.#need(field.length);
    this.#out.set(field, this.#pos);
    this.#pos += field.length;
  }

  /** A string field, cut at {@link MAX_TEXT}: for what a span cannot do without. */
  #text(tag: number, text: string): void {
    let value = typeof text === 'string' ? text : String(text);
    if (value.length > MAX_TEXT) value = value.slice(0, MAX_TEXT);
    this.#string(tag, value, value.length);
  }

  #string(tag: number, value: string, size: number): void {
    this.#need(6 + size);
    const out = this.#out;
    out[this.#pos] = tag;
    const pos = putVarint(out, this.#pos + 1, size);
    if (putText(out, pos, value, size) !== size) return this.#string(tag, value, Buffer.byteLength(value));
    this.#pos = pos + size;
  }

  /** Starts a nested message: its tag, and one byte for its length. */
  #open(tag: number): number {
    this.#need(2);
    this.#out[this.#pos] = tag;
    this.#pos += 2;
    return this.#pos;
  }

  /** Ends the nested message whose content starts at `start`; a length of several bytes moves the content. */
  #close(start: number): void {
    const size = this.#pos - start;
    if (size < 0x80) {
      this.#out[start - 1] = size;
      return;
    }
    const more = varintSize(size) - 1;
    this.#need(more);
    this.#out.copyWithin(start + more, start, this.#pos);
    putVarint(this.#out, start - 1, size);
    this.#pos += more;
  }

  /** An AnyValue as field of its parent. Every value, even an empty one, takes bytes: so the limit ends every loop. */
  #anyField(tag: number, value: unknown): void {
    const start = this.#open(tag);
    switch (typeof value) {
      case 'string':
        this.#string((1 << 3) | 2, value, value.length);
        break;
      case 'number':
        this.#number(value);
        break;
      case 'boolean':
        this.#need(2);
        this.#out[this.#pos++] = 2 << 3;
        this.#out[this.#pos++] = value ? 1 : 0;
        break;
      case 'bigint':
        this.#bigint(value);
        break;
      case 'object':
        if (value !== null) this.#object(value);
        break;
      case 'undefined':
        break;
      default:
        throw UNFIT;
    }
    this.#close(start);
  }

  #number(value: number): void {
    this.#need(11);
    const out = this.#out;
    if (isSmall(value)) {
      out[this.#pos] = 3 << 3;
      this.#pos = putVarint(out, this.#pos + 1, value);
    } else if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63 && !Object.is(value, -0)) {
      this.#int64(BigInt(value));
    } else {
      out[this.#pos] = (4 << 3) | 1;
      out.writeDoubleLE(value, this.#pos + 1);
      this.#pos += 9;
    }
  }

  #bigint(value: bigint): void {
    // What does not fit 64 bits is told as text rather than cut.
    if (BigInt.asIntN(64, value) !== value) {
      const text = value.toString();
      return this.#string((1 << 3) | 2, text, text.length);
    }
    this.#need(11);
    this.#int64(value);
  }

  #int64(value: bigint): void {
    const out = this.#out;
    out[this.#pos++] = 3 << 3;
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      out[this.#pos++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    out[this.#pos++] = Number(rest);
  }

  #object(value: object): void {
    if (value instanceof Uint8Array) {
      this.#need(6 + value.length);
      this.#out[this.#pos] = (7 << 3) | 2;
      const pos = putVarint(this.#out, this.#pos + 1, value.length);
      this.#out.set(value, pos);
      this.#pos = pos + value.length;
      return;
    }
    if (this.#depth === MAX_DEPTH) throw UNFIT;
    this.#depth++;
    if (Array.isArray(value)) {
      const start = this.#open((5 << 3) | 2);
      for (let i = 0; i < value.length; i++) this.#anyField((1 << 3) | 2, value[i]);
      this.#close(start);
    } else {
      const start = this.#open((6 << 3) | 2);
      for (const key of Object.keys(value)) {
        const item = (value as Record<string, unknown>)[key];
        if (item === undefined) continue;
        const pair = this.#open((1 << 3) | 2);
        this.#key(key);
        this.#anyField((2 << 3) | 2, item);
        this.#close(pair);
      }
      this.#close(start);
    }
    this.#depth--;
  }
}

let alone: { encoder: SpanEncoder; out: Buffer } | undefined;

/**
 * Encodes one span by itself.
 *
 * @returns a `opentelemetry.proto.trace.v1.Span` message
 */
export function encodeSpan(span: FinishedSpan): Uint8Array {
  alone ??= { encoder: new SpanEncoder(), out: Buffer.alloc(16_384) };
  let end = alone.encoder.encode(span, alone.out, 0);
  if (end === -1) {
    // Not kept: one huge span should not cost its size for good.
    const out = Buffer.alloc(MAX_SPAN_BYTES);
    end = alone.encoder.encode(span, out, 0);
    return out.subarray(0, end);
  }
  return Uint8Array.prototype.slice.call(alone.out, 0, end);
}
