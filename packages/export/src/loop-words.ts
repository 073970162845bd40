/** 64-bit numbers, each written by one thread, and atomically. */
export type LoopWords = Float64Array;

/** In the main thread's `performance.now()`; Infinity: the event loop may be idle. */
export const DUE_AT = 0;
/** On the same clock; then how long the watching thread was stopped in total. */
export const LOOKED_AT = 1;
export const STOPPED_MS = 2;

export const LOOK_EVERY_MS = 50;
/** While the main thread has no timer; below {@link LATE_MS}, as that may start again at any time. */
export const IDLE_LOOK_EVERY_MS = 200;
/** Beyond a busy machine's delays the whole process was stopped, which says nothing about the event loop. */
export const LATE_MS = 250;

export function makeLoopWords(): LoopWords {
  const words = new Float64Array(new SharedArrayBuffer(24));
  words[DUE_AT] = Infinity;
  words[LOOKED_AT] = -Infinity;
  return words;
}
