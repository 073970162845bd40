import { OPEN_SPAN_BYTES, OPEN_SPANS, wake, type SpoolMemory } from './spool-memory.ts';

/**
 * Open spans in shared memory: 192 bytes each, little-endian.
 *
 *      0  u32  sequence number; odd while the span is open
 *      4  u8   kind, u8 bytes of the name, u8 bytes of the detail, u8 0
 *      8  f64  start, ms since 1970
 *     16  trace ID; 32 span ID; 40 ID of the parent, or zeros
 *     48  name, at most 56 bytes; 104 detail, at most 80
 *    188  u32  CRC-32 of the bytes before it, in files only
 */
export const NAME_AT = 48;
export const DETAIL_AT = 104;
export const CHECK_AT: number = OPEN_SPAN_BYTES - 4;

const WORDS = OPEN_SPAN_BYTES / 4;
const DOUBLES = OPEN_SPAN_BYTES / 8;
const MAX_NAME = DETAIL_AT - NAME_AT;
const MAX_DETAIL = CHECK_AT - 4 - DETAIL_AT;
/** A place's index; the rest: its sequence number. */
const INDEX_BITS = 10;
const SEQUENCE_MASK = 0xfffff;

interface Ids {
  readonly trace: { readonly first: number; readonly second: number; readonly third: number; readonly fourth: number };
  readonly first: number;
  readonly second: number;
}

/** The main thread's side. */
export class OpenSpanTable {
  readonly #memory: SpoolMemory;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #bytes: Buffer;
  /** A stack: the last is cached. */
  readonly #free = new Uint16Array(OPEN_SPANS);
  #freeCount = 0;
  #used = 0;
  #next = 0;

  constructor(memory: SpoolMemory) {
    this.#memory = memory;
    this.#words = new Int32Array(memory.openSpans);
    this.#doubles = new Float64Array(memory.openSpans);
    this.#bytes = Buffer.from(memory.openSpans);
  }

  /**
   * @param detail a path, a statement
   * @returns {@link remove}'s argument
   */
  add(
    name: string,
    kind: number,
    startMs: number,
    ids: Ids,
    parent: Ids | undefined,
    detail: string | undefined,
  ): number {
    const index = this.#take();
    const words = this.#words;
    const at = index * WORDS;
    const sequence = ((words[at]! | 1) + 2) & SEQUENCE_MASK;
    // Even until complete: the previous span may never have ended.
    Atomics.store(words, at, sequence - 1);
    const from = index * OPEN_SPAN_BYTES;
    const bytes = this.#bytes;
    bytes[from + 4] = kind;
    bytes[from + 5] = this.#text(from + NAME_AT, name, MAX_NAME);
    bytes[from + 6] = detail === undefined ? 0 : this.#text(from + DETAIL_AT, detail, MAX_DETAIL);
    this.#doubles[index * DOUBLES + 1] = startMs;
    const { trace } = ids;
    words[at + 4] = trace.first;
    words[at + 5] = trace.second;
    words[at + 6] = trace.third;
    words[at + 7] = trace.fourth;
    words[at + 8] = ids.first;
    words[at + 9] = ids.second;
    words[at + 10] = parent === undefined ? 0 : parent.first;
    words[at + 11] = parent === undefined ? 0 : parent.second;
    Atomics.store(words, at, sequence);
    wake(this.#memory.words);
    return (sequence << INDEX_BITS) | index;
  }

  remove(added: number): void {
    const index = added & (OPEN_SPANS - 1);
    const sequence = added >>> INDEX_BITS;
    const at = index * WORDS;
    // Reused because the table was full.
    if (this.#words[at] !== sequence) return;
    Atomics.store(this.#words, at, sequence + 1);
    this.#free[this.#freeCount++] = index;
  }

  /** When full, the oldest: leaks must not hide requests. */
  #take(): number {
    if (this.#freeCount > 0) return this.#free[--this.#freeCount]!;
    if (this.#used < OPEN_SPANS) return this.#used++;
    const index = this.#next;
    this.#next = (index + 1) % OPEN_SPANS;
    return index;
  }

  #text(at: number, text: string, max: number): number {
    const length = Math.min(text.length, max);
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) return bytes.write(text, at, max, 'utf8');
      bytes[at + i] = unit;
    }
    return length;
  }
}
