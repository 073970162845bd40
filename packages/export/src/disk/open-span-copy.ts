import { crc32 } from 'node:zlib';
import { CHECK_AT, DETAIL_AT, NAME_AT } from './open-span-table.ts';
import { OPEN_SPAN_BYTES, OPEN_SPANS, type SpoolMemory } from './spool-memory.ts';

const WORDS = OPEN_SPAN_BYTES / 4;

export interface OpenSpan {
  readonly name: string;
  readonly kind: number;
  readonly startMs: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly detail: string | undefined;
}

/** Copies the table to the file, except spans that end before its second look. */
export class OpenSpanCopy {
  readonly #words: Int32Array;
  readonly #table: Buffer;
  readonly #copy = Buffer.alloc(OPEN_SPANS * OPEN_SPAN_BYTES);
  /** Each place's sequence number at the last look, and in the copy. */
  readonly #seen = new Int32Array(OPEN_SPANS);
  readonly #copied = new Int32Array(OPEN_SPANS);
  #open = 0;

  constructor({ openSpans }: SpoolMemory) {
    this.#words = new Int32Array(openSpans);
    this.#table = Buffer.from(openSpans);
  }

  /** At the last look. */
  get open(): number {
    return this.#open;
  }

  /** @param endedOnly only removes ended spans */
  update(write: (bytes: Buffer, at: number) => void, endedOnly: boolean): void {
    let first = -1;
    let last = -1;
    let open = 0;
    for (let index = 0; index < OPEN_SPANS; index++) {
      const sequence = Atomics.load(this.#words, index * WORDS);
      // Later places were never used.
      if (sequence === 0) break;
      const isOpen = (sequence & 1) === 1;
      if (isOpen) open++;
      const isNew = isOpen && this.#copied[index] !== sequence && this.#seen[index] === sequence && !endedOnly;
      const isOver = this.#copied[index] !== 0 && this.#copied[index] !== sequence;
      if (!endedOnly) this.#seen[index] = sequence;
      if (isNew ? !this.#put(index, sequence) : !isOver || !this.#clear(index)) continue;
      if (first < 0) first = index;
      last = index;
    }
    this.#open = open;
    if (first < 0) return;
    write(this.#copy.subarray(first * OPEN_SPAN_BYTES, (last + 1) * OPEN_SPAN_BYTES), first * OPEN_SPAN_BYTES);
  }

  #put(index: number, sequence: number): boolean {
    const at = index * OPEN_SPAN_BYTES;
    const copy = this.#copy.subarray(at, at + OPEN_SPAN_BYTES);
    this.#table.copy(copy, 0, at, at + OPEN_SPAN_BYTES);
    // It ended during the copy.
    if (Atomics.load(this.#words, index * WORDS) !== sequence) return this.#clear(index);
    copy.writeUInt32LE(crc32(copy.subarray(0, CHECK_AT)), CHECK_AT);
    this.#copied[index] = sequence;
    return true;
  }

  #clear(index: number): boolean {
    this.#copy.fill(0, index * OPEN_SPAN_BYTES, (index + 1) * OPEN_SPAN_BYTES);
    this.#copied[index] = 0;
    return true;
  }
}

/** Without damaged places. */
export function readOpenSpans(bytes: Buffer): OpenSpan[] {
  const spans: OpenSpan[] = [];
  for (let at = 0; at + OPEN_SPAN_BYTES <= bytes.length; at += OPEN_SPAN_BYTES) {
    const entry = bytes.subarray(at, at + OPEN_SPAN_BYTES);
    if ((entry[0]! & 1) === 0 || entry.readUInt32LE(CHECK_AT) !== crc32(entry.subarray(0, CHECK_AT))) continue;
    const parent = entry.toString('hex', 40, 48);
    const name = entry.toString('utf8', NAME_AT, NAME_AT + Math.min(entry[5]!, DETAIL_AT - NAME_AT));
    const detail = entry.toString('utf8', DETAIL_AT, DETAIL_AT + Math.min(entry[6]!, CHECK_AT - DETAIL_AT));
    spans.push({
      name,
      kind: entry[4]!,
      startMs: entry.readDoubleLE(8),
      traceId: entry.toString('hex', 16, 32),
      spanId: entry.toString('hex', 32, 40),
      parentSpanId: /^0+$/.test(parent) ? undefined : parent,
      detail: detail === '' ? undefined : detail,
    });
  }
  return spans;
}
