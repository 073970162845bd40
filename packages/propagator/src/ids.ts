import { isMainThread } from 'node:worker_threads';

const POOL_WORDS = 1_024;

const pool = new Int32Array(POOL_WORDS);
let used = POOL_WORDS;
/** Loaded with the first ID: `node:crypto` takes longer than everything else a preload does at start. */
let crypto: typeof import('node:crypto') | undefined;
/** Kept: tests and simulations put a generator of fixed numbers in its place. */
const { random } = Math;

/** 32 random bits, as a signed number. */
export function randomWord(): number {
  if (used === POOL_WORDS) {
    fill();
    used = 0;
  }
  return pool[used++]!;
}

/**
 * From the system's random source. In a worker thread `node:crypto` would take 0.7 MB in each of them: unless the
 * application has loaded it there, the numbers are those of `Math.random`, as in OpenTelemetry's SDK. V8 seeds it
 * for each thread from the same source.
 */
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

// One flat string from its character codes: half of what `toString('hex')` of a buffer costs. A slice of a long hex
// string would keep all of that alive for as long as anybody remembers one ID of it.

/** The 16 hex digits of a span ID of two words, each of four bytes, the lowest first. */
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

/** The 32 hex digits of a trace ID of four words, each of four bytes, the lowest first. */
export function traceIdText(first: number, second: number, third: number, fourth: number): string {
  return spanIdText(first, second) + spanIdText(third, fourth);
}

/** 32 random hex digits, never all zero. */
export function randomTraceId(): string {
  const first = randomWord();
  const second = randomWord();
  const third = randomWord();
  const fourth = randomWord();
  return (first | second | third | fourth) === 0 ? randomTraceId() : traceIdText(first, second, third, fourth);
}

/** 16 random hex digits, never all zero. */
export function randomSpanId(): string {
  const first = randomWord();
  const second = randomWord();
  return (first | second) === 0 ? randomSpanId() : spanIdText(first, second);
}

/**
 * An `IdGenerator` for the SDK: IDs from the system's random source, in pools of 4 KiB. The SDK's own
 * uses `Math.random()`, whose next values follow from past ones, and takes up to twice as long.
 */
export class PooledIdGenerator {
  generateTraceId(): string {
    return randomTraceId();
  }

  generateSpanId(): string {
    return randomSpanId();
  }
}
