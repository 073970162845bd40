/** More outside of its heap than V8 lets grow between collections (`kExternalAllocationSoftLimit`). */
const HINT_BYTES = 64 << 20;
/** A collection of a larger heap takes longer than the memory is worth. */
const MOST_HEAP = 64 << 20;
/** What comes in bursts has its memory again in the next one. */
const HINT_EVERY_MS = 60_000;

let hintedAt = -Infinity;

/**
 * Lets V8 begin a collection, as it does not count shared memory (`PerIsolateAccountingLength`, src/objects/backing-store.h
 * of Node 22 to 26): what an outage took would stay. The memory is reserved, never touched.
 *
 * @returns false: again later
 */
export function hintCollection(): boolean {
  const now = performance.now();
  if (now - hintedAt < HINT_EVERY_MS) return false;
  hintedAt = now;
  try {
    if (process.memoryUsage().heapUsed < MOST_HEAP) void new ArrayBuffer(HINT_BYTES);
  } catch {
    // No room for it: then V8 collects anyway.
  }
  return true;
}
