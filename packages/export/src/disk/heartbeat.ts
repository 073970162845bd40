import { crc32 } from 'node:zlib';

/**
 * 400 bytes: doubles, at 152 u8 length of the state, at 153 of the error, then both; CRC-32 at 396. Memory in bytes; 0:
 * unknown.
 */
export interface Heartbeat {
  /** ms since 1970. */
  readonly at: number;
  readonly rss: number;
  /** When last free. */
  readonly heapUsed: number;
  readonly heapLimit: number;
  /** Of the old generation. */
  readonly oldLimit: number;
  /** RSS at that time. */
  readonly rssThen: number;
  readonly cgroupUsed: number;
  readonly cgroupLimit: number;
  /** The main thread's, so far. */
  readonly blockedMs: number;
  readonly openSpans: number;
  readonly waitingSpans: number;
  readonly oomKills: number;
  readonly cgroupOomKills: number;
  /** Outside the heap, when the main thread was last free. */
  readonly external: number;
  readonly oldSpace: number;
  readonly largeObjectSpace: number;
  readonly newSpace: number;
  /** Time in garbage collection since the start, ms. */
  readonly gcMs: number;
  /** Of the machine. */
  readonly available: number;
  /** Pools and breakers; cut. */
  readonly state: string;
  /** The last span that failed; cut. */
  readonly error: string;
}

export const BEAT_BYTES = 400;
export const BEATS = 10;
const CHECK_AT = 396;
const TEXT_AT = 152;
const MOST_TEXT = (CHECK_AT - TEXT_AT - 2) / 2;
const FIELDS = [
  'at',
  'rss',
  'heapUsed',
  'heapLimit',
  'oldLimit',
  'rssThen',
  'cgroupUsed',
  'cgroupLimit',
  'blockedMs',
  'openSpans',
  'waitingSpans',
  'oomKills',
  'cgroupOomKills',
  'external',
  'oldSpace',
  'largeObjectSpace',
  'newSpace',
  'gcMs',
  'available',
] as const;

export function encodeHeartbeat(beat: Heartbeat): Buffer {
  const bytes = Buffer.alloc(BEAT_BYTES);
  for (const [index, field] of FIELDS.entries()) bytes.writeDoubleLE(beat[field], index * 8);
  const { state, error } = beat;
  const at = TEXT_AT + 2;
  bytes[TEXT_AT] = bytes.write(state, at, MOST_TEXT);
  bytes[TEXT_AT + 1] = bytes.write(error, at + bytes[TEXT_AT], MOST_TEXT);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, CHECK_AT)), CHECK_AT);
  return bytes;
}

/** Oldest first, undamaged. */
export function readHeartbeats(bytes: Buffer): Heartbeat[] {
  const beats: Heartbeat[] = [];
  for (let at = 0; at + BEAT_BYTES <= bytes.length; at += BEAT_BYTES) {
    const one = bytes.subarray(at, at + BEAT_BYTES);
    if (one.readUInt32LE(CHECK_AT) !== crc32(one.subarray(0, CHECK_AT))) continue;
    const numbers = FIELDS.map((field, index) => [field, one.readDoubleLE(index * 8)] as const);
    if (!numbers.every(([, number]) => Number.isFinite(number))) continue;
    const stateEnd = TEXT_AT + 2 + one[TEXT_AT]!;
    beats.push({
      ...(Object.fromEntries(numbers) as Record<(typeof FIELDS)[number], number>),
      state: one.toString('utf8', TEXT_AT + 2, stateEnd),
      error: one.toString('utf8', stateEnd, stateEnd + one[TEXT_AT + 1]!),
    });
  }
  return beats.filter(({ at }) => at > 0).toSorted((one, other) => one.at - other.at);
}
