import type { ProcessIdentity } from './file-names.ts';

/**
 * A file of the spool, version 1; numbers are little-endian. README.md describes it.
 *
 *          0  `FSHSPL01`; u32 length, u32 CRC-32 and text of the header, JSON
 *       3072  u8: 1 after a regular end; u8: number of the signal that ended it, if its parent is a process with a spool
 *       3080  f64 time of a signal that asked it to end, ms since 1970; u8 its number (see end-request.ts)
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
export const MAGIC: Buffer = Buffer.from('FSHSPL01');
export const MAX_HEADER = 3000 - 16;
export const ENDED_AT = 3072;
export const KILLED_BY_AT = 3073;
export const END_REQUEST_AT = 3080;
export const SENT_AT = 3200;
export const BEATS_AT: number = HEADER_BYTES;
export const OPEN_SPANS_AT = 8192;
export const HOME_DATA_AT = 204_800;

export const FRAME_BYTES = 28;
/** Then room for batches' end marks. */
export const LAST_FRAME_AT: number = FILE_BYTES - 8 * 1024 - FRAME_BYTES;
export const FRAME_MAGIC = 0x314d5246;

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
  /** The main thread's: another file may have some of it, too (see late-file.ts). */
  readonly late?: boolean | undefined;
  /** How the path of a core file would begin. */
  readonly core?: string | undefined;
}

/** `zlib`'s takes 10 ms to load, which the main thread avoids. */
export type Crc32 = (bytes: Uint8Array, value?: number) => number;

export function encodeHeader(header: FileHeader, crc32: Crc32): Buffer {
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

/** The 28 bytes before the uncopied records. */
export function encodeFrameHead(kind: number, batch: number, records: readonly Uint8Array[], crc32: Crc32): Buffer {
  const head = Buffer.alloc(FRAME_BYTES);
  let length = 0;
  for (const part of records) length += part.length;
  head.writeUInt32LE(FRAME_MAGIC, 0);
  head.writeUInt32LE(length, 4);
  head.writeUInt32LE(batch, 8);
  head[12] = kind;
  head.writeDoubleLE(Date.now(), 16);
  head.writeUInt32LE(checkOf(head, records, crc32), 24);
  return head;
}

export function checkOf(head: Uint8Array, records: readonly Uint8Array[], crc32: Crc32): number {
  let check = crc32(head.subarray(4, 24));
  for (const part of records) check = crc32(part, check);
  return check;
}

/** Worker threads' batches are numbered separately. */
export function keyOf(kind: number, batch: number): number {
  return kind === WORKER ? batch + 2 ** 32 : batch;
}
