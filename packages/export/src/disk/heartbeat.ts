import { crc32 } from 'node:zlib';

/** 128 bytes, a double each, CRC-32 at 124. Memory in bytes; 0 is unknown. */
export interface Heartbeat {
  /** ms since 1970. */
  readonly at: number;
  readonly rss: number;
  /** When the main thread was last free. */
  readonly heapUsed: number;
  readonly heapLimit: number;
  /** Of the old generation. */
  readonly oldLimit: number;
  /** RSS at that time. */
  readonly rssThen: number;
  readonly cgroupUsed: number;
  readonly cgroupLimit: number;
  /** Block of the main thread so far. */
  readonly blockedMs: number;
  readonly openSpans: number;
  readonly waitingSpans: number;
  readonly oomKills: number;
  readonly cgroupOomKills: number;
}

export const BEAT_BYTES = 128;
export const BEATS = 10;
const CHECK_AT = 124;
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
] as const;

export function encodeHeartbeat(beat: Heartbeat): Buffer {
  const bytes = Buffer.alloc(BEAT_BYTES);
  for (const [index, field] of FIELDS.entries()) bytes.writeDoubleLE(beat[field], index * 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, CHECK_AT)), CHECK_AT);
  return bytes;
}

/** Oldest first, without damaged ones. */
export function readHeartbeats(bytes: Buffer): Heartbeat[] {
  const beats: Heartbeat[] = [];
  for (let at = 0; at + BEAT_BYTES <= bytes.length; at += BEAT_BYTES) {
    const one = bytes.subarray(at, at + BEAT_BYTES);
    if (one.readUInt32LE(CHECK_AT) !== crc32(one.subarray(0, CHECK_AT))) continue;
    const beat = Object.fromEntries(FIELDS.map((field, index) => [field, one.readDoubleLE(index * 8)]));
    if (Object.values(beat).every(Number.isFinite)) beats.push(beat as unknown as Heartbeat);
  }
  return beats.filter(({ at }) => at > 0).toSorted((one, other) => one.at - other.at);
}
