import { isItem, recordEnd } from '../records.ts';
import { encodeFrameHead, FRAME_BYTES, MAIN, type Crc32 } from './file-layout.ts';
import { isWithin, type Position } from './late-state.ts';
import { openEnd, type SpoolMemory } from './spool-memory.ts';

interface MainBatch {
  readonly number: number;
  readonly bytes: Buffer;
  readonly start: number;
  /** Where it is written to. */
  at: number;
  /** Undefined while open. */
  end: number | undefined;
}

/** What of the main thread's records a file of its own does not have yet. */
export class MainBatches {
  readonly #memory: SpoolMemory;
  #batches: MainBatch[] = [];

  constructor(memory: SpoolMemory) {
    this.#memory = memory;
  }

  opened(number: number, memory: SharedArrayBuffer, start: number): void {
    this.#batches.push({ number, bytes: Buffer.from(memory), start, at: start, end: undefined });
  }

  sealed(number: number, end: number): void {
    const batch = this.#batches.find((each) => each.number === number);
    if (batch) batch.end = end;
  }

  /** The file is gone. */
  rewind(): void {
    for (const batch of this.#batches) batch.at = batch.start;
  }

  /** The sender thread has written so far. */
  written(to: Position): void {
    this.#batches = this.#batches.filter(({ number, end }) => end === undefined || !isWithin({ number, end }, to));
    for (const batch of this.#batches) {
      if ((batch.number | 0) === (to.number | 0)) batch.at = Math.max(batch.at, to.end);
    }
  }

  /** Undefined without any. */
  get end(): Position | undefined {
    const last = this.#batches.at(-1);
    return last && { number: last.number, end: this.#endOf(last) };
  }

  /** Nothing had no room. */
  get isWritten(): boolean {
    return this.#batches.every((batch) => batch.at >= this.#endOf(batch));
  }

  /** @param begun batches that the file has; another begins with its resource and scopes there */
  frames(most: number, crc32: Crc32, begun?: Set<number>): Buffer[] {
    const frames: Buffer[] = [];
    let room = most;
    for (const batch of this.#batches) {
      const { number, bytes, start, at } = batch;
      const end = this.#endOf(batch);
      const preface = begun && !begun.has(number) ? prefaceOf(bytes, start, at, number) : [];
      let length = end - at;
      for (const record of preface) length += record.length;
      if (end <= at || length > room) continue;
      const records = [...preface, bytes.subarray(at, end)];
      frames.push(encodeFrameHead(MAIN, number, records, crc32), ...records);
      begun?.add(number);
      room -= FRAME_BYTES + length;
      batch.at = end;
    }
    return frames;
  }

  #endOf({ number, end, at }: MainBatch): number {
    return end ?? Math.max(at, openEnd(this.#memory, number));
  }
}

function prefaceOf(bytes: Buffer, start: number, to: number, number: number): Buffer[] {
  const preface: Buffer[] = [];
  for (let at = start, next = 0; at < to; at = next) {
    next = recordEnd(bytes, at, to, number);
    if (next < 0) break;
    if (!isItem(bytes[at + 2]!)) preface.push(bytes.subarray(at, next));
  }
  return preface;
}
