import { crc32 } from 'node:zlib';
import type { RecordBatch } from '../otlp-request.ts';
import { readRecords, SPAN } from '../records.ts';
import { ID_TEXT, type ProcessIdentity } from './file-names.ts';

/**
 * A file of the spool, version 1; numbers are little-endian. README.md describes it.
 *
 *          0  `FSHSPL01`; u32 length, u32 CRC-32 and text of the header, JSON
 *       3072  u8: 1 after a regular end; u8: number of the signal that ended it, if its parent is a process with a spool
 *       3200  batches that were sent and have no answer yet (see sent-batches.ts)
 *       4096  10 heartbeats of 400 bytes (see heartbeat.ts)
 *       8192  1,024 open spans of 192 bytes (see open-span-table.ts)
 *     204800  frames
 *
 * Only a process's first file, its home, has heartbeats and open spans; in others frames begin at 4096. A frame:
 *
 *          0  u32  `FRM1`
 *          4  u32  length of the records, at most the file's
 *          8  u32  number of the batch
 *         12  u8   1 records of the main thread, 2 of a worker thread; +2: that batch is finished
 *         16  f64  time, ms since 1970
 *         24  u32  CRC-32 of bytes 4 to 23 and the records
 *         28       records of the batch (see records.ts)
 */
export const FILE_BYTES: number = 512 * 1024;
export const HEADER_BYTES = 4096;
const MAGIC = Buffer.from('FSHSPL01');
const MAX_HEADER = 3000 - 16;
export const ENDED_AT = 3072;
export const KILLED_BY_AT = 3073;
export const SENT_AT = 3200;
export const BEATS_AT: number = HEADER_BYTES;
export const OPEN_SPANS_AT = 8192;
export const HOME_DATA_AT = 204_800;

export const FRAME_BYTES = 28;
const FRAME_MAGIC = 0x314d5246;

export const MAIN = 1;
export const WORKER = 2;
/** Added to the kind of a finished batch. */
export const DONE = 2;

export interface FileHeader extends ProcessIdentity {
  /** Identifies the process; 16 hex digits. */
  readonly instance: string;
  /** Of the file; ms since 1970. */
  readonly at: number;
  /** Of the process; ms since 1970. */
  readonly startedAt: number;
  readonly home: boolean;
  /** False: no death is reported. */
  readonly saysEnd: boolean;
  readonly service: string;
  /** `Resource` of a ResourceSpans message; base64. */
  readonly resource: string;
  readonly oomKills: number;
}

export function encodeHeader(header: FileHeader): Buffer {
  const fit = (resource: string): Buffer => Buffer.from(JSON.stringify({ ...header, resource }));
  let text = fit(header.resource);
  // The resource is optional.
  if (text.length > MAX_HEADER) text = fit('');
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(text.length, 8);
  bytes.writeUInt32LE(crc32(text), 12);
  text.copy(bytes, 16);
  return bytes;
}

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
  const { pid, ticks, boot, namespace, instance, at, startedAt, home, saysEnd, service, resource, oomKills } = header;
  return (
    ID_TEXT.test(`${pid}.${ticks}.${boot}.${namespace}`) &&
    typeof instance === 'string' &&
    /^[\da-f]{16}$/.test(instance) &&
    [at, startedAt, oomKills].every(Number.isFinite) &&
    typeof home === 'boolean' &&
    typeof saysEnd === 'boolean' &&
    typeof service === 'string' &&
    typeof resource === 'string'
  );
}

export function encodeFrame(kind: number, batch: number, parts: readonly Buffer[]): Buffer {
  const frame = Buffer.concat([Buffer.alloc(FRAME_BYTES), ...parts]);
  frame.writeUInt32LE(FRAME_MAGIC, 0);
  frame.writeUInt32LE(frame.length - FRAME_BYTES, 4);
  frame.writeUInt32LE(batch, 8);
  frame[12] = kind;
  frame.writeDoubleLE(Date.now(), 16);
  frame.writeUInt32LE(checkOf(frame), 24);
  return frame;
}

function checkOf(frame: Buffer): number {
  return crc32(frame.subarray(FRAME_BYTES), crc32(frame.subarray(4, 24)));
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
}

/** Up to the first damaged frame; `visit` gets finished batches' spans too. */
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
    if (frame.readUInt32LE(24) !== checkOf(frame)) break;
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
    let spans = 0;
    const end = readRecords(records, 0, records.length, batch.number, (type) => void (type === SPAN && spans++));
    return { key, bytes: records, number: batch.number, start: 0, end, spans };
  });
  return { batches: batches.filter(({ spans }) => spans > 0), lastAt };
}

/** Worker threads' batches are numbered separately. */
export function keyOf(kind: number, batch: number): number {
  return kind === WORKER ? batch + 2 ** 32 : batch;
}
