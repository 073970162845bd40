import type { OpenBatchListener } from '../spool.ts';

/** The sender thread reads it while the main thread is blocked. */
export interface SpoolMemory {
  readonly words: Int32Array;
  readonly samples: Float64Array;
  readonly openSpans: SharedArrayBuffer;
  /** See state-text.ts. */
  readonly text: SharedArrayBuffer;
}

/** The open batch's number; its last whole record's end, or 0. */
const OPEN_NUMBER = 0;
const OPEN_END = 1;
/** 1 while the sender sleeps. */
export const ASLEEP = 2;
/** 1 with files to remove at the end. */
export const HAS_FILES = 3;
/** Odd while written; then both lengths of the text. */
export const TEXT_SEQUENCE = 4;
export const STATE_LENGTH = 5;
export const ERROR_LENGTH = 6;
/** Words 7 to 10: see early-state.ts; 11 to 19: late-state.ts. */
const WORDS = 20;

/** When the main thread was last free, ms since 1970, or 0; its memory. */
export const FREE_AT = 0;
export const HEAP_USED = 1;
export const HEAP_LIMIT = 2;
/** Of the old generation, where V8 aborts. */
export const OLD_LIMIT = 3;
export const RSS = 4;
/** Bytes of objects outside the heap, and of growing heap spaces. */
export const EXTERNAL = 5;
export const OLD_SPACE = 6;
export const LARGE_OBJECT_SPACE = 7;
export const NEW_SPACE = 8;
/** Garbage collection since the start, ms. */
export const GC_MS = 9;
/** See end-request.ts; 0: none. */
export const SIGNAL = 10;
export const SIGNAL_AT = 11;
const SAMPLES = 12;

export const TEXT_BYTES = 240;

export const OPEN_SPANS = 1024;
export const OPEN_SPAN_BYTES = 192;

export function makeSpoolMemory(): SpoolMemory {
  return {
    words: new Int32Array(new SharedArrayBuffer(4 * WORDS)),
    samples: new Float64Array(new SharedArrayBuffer(8 * SAMPLES)),
    // Untouched pages take no memory.
    openSpans: new SharedArrayBuffer(OPEN_SPANS * OPEN_SPAN_BYTES),
    text: new SharedArrayBuffer(TEXT_BYTES),
  };
}

export function wake(words: Int32Array): void {
  // A plain read: the sender looks again before sleeping.
  if (words[ASLEEP] === 0) return;
  Atomics.store(words, ASLEEP, 0);
  Atomics.notify(words, ASLEEP);
}

/** The sender reads it in place. */
export function showOpenBatch(
  { words }: SpoolMemory,
  began: (number: number, memory: SharedArrayBuffer, start: number) => void,
  grew: () => void = () => {},
): OpenBatchListener {
  return {
    began(number, memory, start) {
      Atomics.store(words, OPEN_END, 0);
      Atomics.store(words, OPEN_NUMBER, number | 0);
      began(number, memory, start);
    },
    grew(end) {
      Atomics.store(words, OPEN_END, end);
      wake(words);
      grew();
    },
  };
}

/** Its last whole record's end, or 0. */
export function openEnd({ words }: SpoolMemory, number: number): number {
  const end = Atomics.load(words, OPEN_END);
  const isOpen = Atomics.load(words, OPEN_NUMBER) === (number | 0);
  // The next may have begun between loads.
  return isOpen && Atomics.load(words, OPEN_END) >= end ? end : 0;
}
