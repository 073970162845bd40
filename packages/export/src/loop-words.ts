/** 64-bit numbers, atomic, each of one writer. */
export type LoopWords = Float64Array;

/** By the main thread's `performance.now()`; Infinity: perhaps idle. */
export const DUE_AT = 0;
/** By that clock; then the watching thread's total stops. */
export const LOOKED_AT = 1;
export const STOPPED_MS = 2;

export const LOOK_EVERY_MS = 100;
/** Beyond a busy machine's delays: the whole process stopped, not the event loop. */
export const LATE_MS = 250;

export function makeLoopWords(): LoopWords {
  const words = new Float64Array(new SharedArrayBuffer(32), 0, 3);
  words[DUE_AT] = Infinity;
  words[LOOKED_AT] = -Infinity;
  return words;
}

/** The main thread has a timer again. */
export function wakeWatch(words: LoopWords): void {
  const starts = startsOf(words);
  Atomics.add(starts, 0, 1);
  Atomics.notify(starts, 0);
}

/** Calls `then` when the main thread first has a timer. */
export function whenWatching(words: LoopWords, then: () => void): void {
  const starts = startsOf(words);
  const seen = Atomics.load(starts, 0);
  const waiting = words[DUE_AT] === Infinity && Atomics.waitAsync(starts, 0, seen);
  if (waiting && waiting.async) void waiting.value.then(then);
  else then();
}

/** Starts of the main thread's timer. */
function startsOf(words: LoopWords): Int32Array<SharedArrayBuffer> {
  return new Int32Array(words.buffer as SharedArrayBuffer, 24, 1);
}
