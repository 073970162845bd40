/**
 * What the main thread tells the thread that watches over it, and the other way round; 64-bit numbers, each written by one
 * of them, and at once by the processors that Node runs on.
 */
export type LoopWords = Float64Array;

/** When the event loop is to turn next, in the main thread's `performance.now()`; Infinity: it may stand still. */
export const DUE_AT = 0;
/** When the watching thread last looked, on the same clock; and for how long in all it did not when it should have. */
export const LOOKED_AT = 1;
export const STOPPED_MS = 2;

/** How often the watching thread looks. */
export const LOOK_EVERY_MS = 50;
/**
 * It is so late on a busy machine. When it is later, the process was stopped, or got no processor: then the main thread
 * did not run either, and nothing is known of its event loop.
 */
export const LATE_MS = 250;

export function makeLoopWords(): LoopWords {
  const words = new Float64Array(new SharedArrayBuffer(24));
  words[DUE_AT] = Infinity;
  words[LOOKED_AT] = -Infinity;
  return words;
}
