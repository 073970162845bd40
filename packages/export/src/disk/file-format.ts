import { crc32 } from 'node:zlib';
import type { RecordBatch } from '../otlp-request.ts';
import { countItems, readRecords, SPAN } from '../records.ts';
import {
  checkOf,
  DONE,
  FRAME_BYTES,
  FRAME_MAGIC,
  HEADER_BYTES,
  keyOf,
  MAGIC,
  MAX_HEADER,
  type FileHeader,
} from './file-layout.ts';
import { ID_TEXT } from './file-names.ts';

/** Undefined for foreign or damaged bytes. */
export function decodeHeader(bytes: Buffer): FileHeader | undefined {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const length = bytes.readUInt32LE(8);
  if (length > MAX_HEADER) return undefined;
  const text = bytes.subarray(16, 16 + length);
  if (crc32(text) !== bytes.readUInt32LE(12)) return undefined;
  try {
    const header = JSON.parse(text.toString('utf8')) as FileHeader;
    return isHeader(header) ? header : undefined;
  } catch {
    return undefined;
  }
}

function isHeader(header: FileHeader): boolean {
  const { pid, ticks, boot, namespace, instance, at, startedAt, home, saysEnd, service, resource, late, core } = header;
  return (
    ID_TEXT.test(`${pid}.${ticks}.${boot}.${namespace}`) &&
    typeof instance === 'string' &&
    /^[\da-f]{16}$/.test(instance) &&
    [at, startedAt].every(Number.isFinite) &&
    typeof home === 'boolean' &&
    typeof saysEnd === 'boolean' &&
    typeof service === 'string' &&
    typeof resource === 'string' &&
    ['boolean', 'undefined'].includes(typeof late) &&
    ['string', 'undefined'].includes(typeof core)
  );
}

export interface FileBatch extends RecordBatch {
  /** See {@link keyOf}. */
  readonly key: number;
}

export interface FileFrames {
  /** Batches a destination still needs. */
  readonly batches: readonly FileBatch[];
  /** 0 without frames. */
  readonly lastAt: number;
  /** After the last one. */
  readonly end: number;
}

/** Up to the first damaged frame, including finished batches. */
export function readFrames(
  bytes: Buffer,
  from: number,
  visit: (span: Buffer, at: number) => void = () => {},
): FileFrames {
  const parts = new Map<number, { number: number; parts: Buffer[] }>();
  let lastAt = 0;
  let at = from;
  while (at + FRAME_BYTES <= bytes.length && bytes.readUInt32LE(at) === FRAME_MAGIC) {
    const end = at + FRAME_BYTES + bytes.readUInt32LE(at + 4);
    if (end > bytes.length) break;
    const frame = bytes.subarray(at, end);
    if (frame.readUInt32LE(24) !== checkOf(frame, [frame.subarray(FRAME_BYTES)], crc32)) break;
    const number = frame.readUInt32LE(8);
    const kind = frame[12]!;
    const writtenAt = frame.readDoubleLE(16);
    lastAt = Math.max(lastAt, writtenAt);
    if (kind > DONE) parts.delete(keyOf(kind - DONE, number));
    else {
      const key = keyOf(kind, number);
      const batch = parts.get(key) ?? { number, parts: [] };
      batch.parts.push(frame.subarray(FRAME_BYTES));
      parts.set(key, batch);
      const records = frame.subarray(FRAME_BYTES);
      readRecords(records, 0, records.length, number, (type, start, stop) => {
        if (type === SPAN) visit(records.subarray(start, stop), writtenAt);
      });
    }
    at = end;
  }
  const batches = Array.from(parts, ([key, batch]) => {
    const records = Buffer.concat(batch.parts);
    const counts = countItems(records, 0, records.length, batch.number);
    return { key, bytes: records, number: batch.number, start: 0, ...counts };
  });
  return { batches: batches.filter(({ spans, logs }) => spans + logs > 0), lastAt, end: at };
}
