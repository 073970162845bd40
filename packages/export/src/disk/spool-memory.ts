import type { OpenBatchListener } from '../spool.ts';

/**
 * Memory in which the sender thread sees what the main thread has, also while that one stands still: how far the open
 * batch is written, which spans are open, and how the thread was when it last had a free moment.
 */
export interface SpoolMemory {
  readonly words: Int32Array;
  readonly samples: Float64Array;
  readonly openSpans: SharedArrayBuffer;
}

/** The number of the open batch, and where its last whole record ends; 0 before it has one. */
const OPEN_NUMBER = 0;
const OPEN_END = 1;
/** 1 while the sender sleeps until something happens. */
export const ASLEEP = 2;
/** 1 while there are files that the end of the process has to take away. */
export const HAS_FILES = 3;
const WORDS = 4;

/** When the main thread was last free, ms since 1970, or 0 when nothing is under way; what it had of memory then. */
export const FREE_AT = 0;
export const HEAP_USED = 1;
export const HEAP_LIMIT = 2;
/** Of the old generation alone: where V8 gives up. */
export const OLD_LIMIT = 3;
export const RSS = 4;
const SAMPLES = 5;

export const OPEN_SPANS = 1024;
export const OPEN_SPAN_BYTES = 192;

export function makeSpoolMemory(): SpoolMemory {
  return {
    words: new Int32Array(new SharedArrayBuffer(4 * WORDS)),
    samples: new Float64Array(new SharedArrayBuffer(8 * SAMPLES)),
    // Pages that nobody has written to take no memory.
    openSpans: new SharedArrayBuffer(OPEN_SPANS * OPEN_SPAN_BYTES),
  };
}

/** The main thread has done something that is to be written. */
export function wake(words: Int32Array): void {
  // A plain read: what it misses, the sender sees when it looks once more before it sleeps.
  if (words[ASLEEP] === 0) return;
  Atomics.store(words, ASLEEP, 0);
  Atomics.notify(words, ASLEEP);
}

/** Announces the open batch, and how far it is written: the sender takes it from where it lies. */
export function showOpenBatch(
  { words }: SpoolMemory,
  began: (number: number, memory: SharedArrayBuffer, start: number) => void,
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
    },
  };
}

/** Where the last whole record of this batch ends; 0 when it is not open, or has none. */
export function openEnd({ words }: SpoolMemory, number: number): number {
  const end = Atomics.load(words, OPEN_END);
  const isOpen = Atomics.load(words, OPEN_NUMBER) === (number | 0);
  // Between the two the next one may have begun.
  return isOpen && Atomics.load(words, OPEN_END) >= end ? end : 0;
}
