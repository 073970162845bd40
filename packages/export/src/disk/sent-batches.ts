import { crc32 } from 'node:zlib';
import { HEADER_BYTES, SENT_AT } from './file-layout.ts';

/** Sent and unanswered batches: u32 CRC-32 of what follows, u32 count, an f64 `keyOf` each. */
const KEY_BYTES = 8;
const FIRST_AT = 8;
const ROOM = HEADER_BYTES - SENT_AT;
/** Others are sent again. */
const MOST = Math.floor((ROOM - FIRST_AT) / KEY_BYTES);

export function encodeSentBatches(keys: ReadonlySet<number>): Buffer {
  const written = [...keys].slice(0, MOST);
  const bytes = Buffer.alloc(FIRST_AT + written.length * KEY_BYTES);
  bytes.writeUInt32LE(written.length, 4);
  for (const [index, key] of written.entries()) bytes.writeDoubleLE(key, FIRST_AT + index * KEY_BYTES);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

/** None if damaged. */
export function readSentBatches(file: Buffer): Set<number> {
  const bytes = file.subarray(SENT_AT, HEADER_BYTES);
  const keys = new Set<number>();
  if (bytes.length < ROOM) return keys;
  const end = FIRST_AT + bytes.readUInt32LE(4) * KEY_BYTES;
  if (end > ROOM || crc32(bytes.subarray(4, end)) !== bytes.readUInt32LE(0)) return keys;
  for (let at = FIRST_AT; at < end; at += KEY_BYTES) keys.add(bytes.readDoubleLE(at));
  return keys;
}
