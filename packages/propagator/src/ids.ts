import { isMainThread } from 'node:worker_threads';

const POOL_WORDS = 1_024;

const pool = new Int32Array(POOL_WORDS);
let used = POOL_WORDS;
/** Loaded late: `node:crypto` takes longer than the rest of the start. */
let crypto: typeof import('node:crypto') | undefined;
// Tests may later replace `Math.random` by one that repeats itself.
const { random } = Math;

/** 32 random bits, signed. */
export function randomWord(): number {
  if (used === POOL_WORDS) {
    fill();
    used = 0;
  }
  return pool[used++]!;
}

/** In workers `node:crypto` takes 0.7 MB: unless loaded, uses `Math.random` as OpenTelemetry's SDK does. */
function fill(): void {
  if (isMainThread || isCryptoLoaded()) {
    crypto ??= process.getBuiltinModule('node:crypto');
    crypto.randomFillSync(pool);
  } else {
    for (let i = 0; i < POOL_WORDS; i++) pool[i] = random() * 2 ** 32;
  }
}

function isCryptoLoaded(): boolean {
  const { moduleLoadList } = process as unknown as { moduleLoadList?: readonly string[] };
  return moduleLoadList?.includes('NativeModule crypto') !== false;
}

const DIGITS = new Uint8Array(16);
for (let i = 0; i < 16; i++) DIGITS[i] = '0123456789abcdef'.charCodeAt(i);
const { fromCharCode } = String;

// Half of a buffer's `toString('hex')`. A slice keeps the longer string in memory.

/** Words are lowest byte first. */
export function spanIdText(first: number, second: number): string {
  return fromCharCode(
    DIGITS[(first >>> 4) & 15]!,
    DIGITS[first & 15]!,
    DIGITS[(first >>> 12) & 15]!,
    DIGITS[(first >>> 8) & 15]!,
    DIGITS[(first >>> 20) & 15]!,
    DIGITS[(first >>> 16) & 15]!,
    DIGITS[first >>> 28]!,
    DIGITS[(first >>> 24) & 15]!,
    DIGITS[(second >>> 4) & 15]!,
    DIGITS[second & 15]!,
    DIGITS[(second >>> 12) & 15]!,
    DIGITS[(second >>> 8) & 15]!,
    DIGITS[(second >>> 20) & 15]!,
    DIGITS[(second >>> 16) & 15]!,
    DIGITS[second >>> 28]!,
    DIGITS[(second >>> 24) & 15]!,
  );
}

/** Words are lowest byte first. */
export function traceIdText(first: number, second: number, third: number, fourth: number): string {
  return spanIdText(first, second) + spanIdText(third, fourth);
}

/** Never all zero. */
export function randomTraceId(): string {
  const first = randomWord();
  const second = randomWord();
  const third = randomWord();
  const fourth = randomWord();
  return (first | second | third | fourth) === 0 ? randomTraceId() : traceIdText(first, second, third, fourth);
}

/** Never all zero. */
export function randomSpanId(): string {
  const first = randomWord();
  const second = randomWord();
  return (first | second) === 0 ? randomSpanId() : spanIdText(first, second);
}

/** The SDK's `IdGenerator`, by `node:crypto`, in a worker without it by `Math.random`. The SDK's own is predictable. */
export class PooledIdGenerator {
  generateTraceId(): string {
    return randomTraceId();
  }

  generateSpanId(): string {
    return randomSpanId();
  }
}
