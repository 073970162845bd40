import { putText, putVarint, varintSize } from './bytes.ts';

/** A message takes at most this many bytes: what does not fit is left out, and counted on the span. */
export const MAX_SPAN_BYTES = 1 << 20;
/** Kept free at the end of a message: for the three drop counts of a span, and for `putText` to look beyond a text. */
export const COUNTS_BYTES = 18;
/** Names, status messages and trace states are cut here, so that the rest of a span always fits. UTF-16 units. */
const MAX_TEXT = 16_384;

const MAX_CACHED_KEYS = 512;
const MAX_CACHED_KEY_LENGTH = 128;

/** Thrown, without the cost of a stack, when the bytes do not fit. */
export const NO_ROOM: unknown = Object.freeze({ reason: 'no room' });
/** Thrown for a value that OTLP cannot carry. */
export const UNFIT: unknown = Object.freeze({ reason: 'unfit' });

/** Writes fields of a protobuf message into a buffer, and knows how far it may go. */
export class MessageWriter {
  out: Buffer = Buffer.alloc(0);
  pos = 0;
  limit = 0;
  /** Whether `limit` is the message's own, so that what is beyond it is left out; else a larger buffer is asked for. */
  capped = false;
  /** How deep the value that is being written is nested. */
  depth = 0;
  readonly #keys = new Map<string, Uint8Array>();

  /** @param cap what the message may take, bytes */
  begin(out: Buffer, at: number, cap: number): void {
    this.out = out;
    this.pos = at;
    this.depth = 0;
    this.capped = at + cap <= out.length;
    this.limit = (this.capped ? at + cap : out.length) - COUNTS_BYTES;
  }

  need(bytes: number): void {
    if (this.pos + bytes > this.limit) throw NO_ROOM;
  }

  /** Takes back what was written since `start`; asks for a larger buffer if the buffer was the reason. */
  giveUp(start: number, error: unknown): void {
    this.pos = start;
    this.depth = 0;
    if (error === NO_ROOM && !this.capped) throw NO_ROOM;
  }

  /** Starts a nested message: its tag, and one byte for its length. */
  open(tag: number): number {
    this.need(2);
    this.out[this.pos] = tag;
    this.pos += 2;
    return this.pos;
  }

  /** Ends the nested message whose content starts at `start`; a length of several bytes moves the content. */
  close(start: number): void {
    const size = this.pos - start;
    if (size < 0x80) {
      this.out[start - 1] = size;
      return;
    }
    const more = varintSize(size) - 1;
    this.need(more);
    this.out.copyWithin(start + more, start, this.pos);
    putVarint(this.out, start - 1, size);
    this.pos += more;
  }

  /** A string field, cut: for what a span cannot do without. */
  text(tag: number, text: string): void {
    let value = typeof text === 'string' ? text : String(text);
    if (value.length > MAX_TEXT) value = value.slice(0, MAX_TEXT);
    this.string(tag, value, value.length);
  }

  /** @param size in UTF-8, a guess */
  string(tag: number, value: string, size: number): void {
    this.need(6 + size);
    const { out } = this;
    out[this.pos] = tag;
    const pos = putVarint(out, this.pos + 1, size);
    if (putText(out, pos, value, size) !== size) return this.string(tag, value, Buffer.byteLength(value));
    this.pos = pos + size;
  }

  /** A count that is not 0, behind the limit or in room that was asked for. */
  count(tag: number, count: number): void {
    if (!(count > 0)) return;
    this.out[this.pos] = tag;
    this.pos = putVarint(this.out, this.pos + 1, count >>> 0);
  }

  /** Field 1 of a KeyValue: tag, length and UTF-8 of the key. */
  keyField(key: string): Uint8Array {
    return this.#keys.get(key) ?? this.#learnKey(key);
  }

  key(key: string): void {
    const field = this.keyField(key);
    this.need(field.length);
    this.out.set(field, this.pos);
    this.pos += field.length;
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
}
