const POOL_BYTES = 4_096;
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
let used = POOL_BYTES;
/** Where the ID taken last begins. */
let last = 0;
/** Loaded with the first ID: `node:crypto` takes longer than everything else a preload does at start. */
let crypto: typeof import('node:crypto') | undefined;

// Cut from the pool as a flat string; a slice of one long hex string would be faster, and would keep
// all of that string alive for as long as anybody remembers one ID of it.
function take(bytes: number): string {
  if (used + bytes > POOL_BYTES) {
    crypto ??= process.getBuiltinModule('node:crypto');
    crypto.randomFillSync(pool);
    used = 0;
  }
  last = used;
  used += bytes;
  return pool.toString('hex', last, used);
}

/**
 * Four bytes of the ID that was made last, as a number, little-endian: for who will write it as bytes and need not
 * take its text apart again.
 *
 * @param index 0 to 3 of a trace ID, 0 and 1 of a span ID
 */
export function lastIdWord(index: number): number {
  return pool.readInt32LE(last + 4 * index);
}

/** 32 random hex digits, never all zero. */
export function randomTraceId(): string {
  const id = take(TRACE_ID_BYTES);
  return id === '00000000000000000000000000000000' ? randomTraceId() : id;
}

/** 16 random hex digits, never all zero. */
export function randomSpanId(): string {
  const id = take(SPAN_ID_BYTES);
  return id === '0000000000000000' ? randomSpanId() : id;
}

/**
 * An `IdGenerator` for the SDK: IDs from the system's random source, in pools of 4 KiB. The SDK's own
 * uses `Math.random()`, whose next values can be told from past ones, and takes up to twice as long.
 */
export class PooledIdGenerator {
  generateTraceId(): string {
    return randomTraceId();
  }

  generateSpanId(): string {
    return randomSpanId();
  }
}
