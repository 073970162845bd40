import { putText, putVarint, varintSize } from './bytes.ts';

/** More is left out and counted. */
export const MAX_SPAN_BYTES = 1 << 20;
/** Three drop counts, and `putText`'s spare bytes. */
export const COUNTS_BYTES = 18;
/** Limits names, messages, trace states: other fields always fit. */
const MAX_TEXT = 16_384;

const MAX_CACHED_KEYS = 512;
const MAX_CACHED_KEY_LENGTH = 128;

/** No Error: stack traces are expensive. */
export const NO_ROOM: unknown = Object.freeze({ reason: 'no room' });
/** A value that OTLP cannot represent. */
export const UNFIT: unknown = Object.freeze({ reason: 'unfit' });

export class MessageWriter {
  out: Buffer = Buffer.alloc(0);
  pos = 0;
  limit = 0;
  /** Whether `limit` is the message's; else a larger buffer is needed. */
  capped = false;
  depth = 0;
  readonly #keys = new Map<string, Uint8Array>();

  /** @param cap the message's most bytes */
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

  /** Undoes writes; rethrows when a larger buffer is needed. */
  giveUp(start: number, error: unknown): void {
    this.pos = start;
    this.depth = 0;
    if (error === NO_ROOM && !this.capped) throw NO_ROOM;
  }

  /** One byte for the length. */
  open(tag: number): number {
    this.need(2);
    this.out[this.pos] = tag;
    this.pos += 2;
    return this.pos;
  }

  /** Longer lengths move the content. */
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

  /** Cut to fit. */
  text(tag: number, text: string): void {
    let value = typeof text === 'string' ? text : String(text);
    if (value.length > MAX_TEXT) value = value.slice(0, MAX_TEXT);
    this.string(tag, value, value.length);
  }

  /** @param size guessed, in UTF-8 */
  string(tag: number, value: string, size: number): void {
    this.need(6 + size);
    const { out } = this;
    out[this.pos] = tag;
    const pos = putVarint(out, this.pos + 1, size);
    if (putText(out, pos, value, size) !== size) return this.string(tag, value, Buffer.byteLength(value));
    this.pos = pos + size;
  }

  /** Needs reserved room. */
  count(tag: number, count: number): void {
    if (!(count > 0)) return;
    this.out[this.pos] = tag;
    this.pos = putVarint(this.out, this.pos + 1, count >>> 0);
  }

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
      // Generated keys must not fill it.
      if (this.#keys.size >= MAX_CACHED_KEYS) this.#keys.clear();
      this.#keys.set(key, field);
    }
    return field;
  }
}
