/**
 * Encoded spans and log records wait as records, without gaps or alignment, little-endian:
 *
 *      0  u8   magic 0xF5; anything else is the end
 *      1  u8   version of this format, 1
 *      2  u8   type: 1 resource, 2 scope, 3 span, 4 log record
 *      3  u8   0
 *      4  u32  length of the payload
 *      8  u16  scope number
 *     10  u16  check: the fields above mixed with the batch's number
 *     12       payload
 *
 * The header is written after the payload, the magic byte last, so a record is whole or not there. The batch's number
 * in the check excludes older records in reused memory. Memory needs no checksum of the payload.
 *
 * A batch begins with its resource, and a scope precedes its first item, so each batch can be read alone. Payloads are
 * protobuf fragments, which concatenate to an export request. Those of logs have the fields' numbers of those of spans:
 *
 *      resource  a ResourceSpans (ResourceLogs) message without its scope_spans (scope_logs)
 *      scope     a ScopeSpans (ScopeLogs) message without its spans (log_records)
 *      span      a Span message
 *      log       a LogRecord message
 */
export const HEADER_BYTES = 12;

export const RESOURCE = 1;
export const SCOPE = 2;
export const SPAN = 3;
export const LOG = 4;

const MAGIC = 0xf5;
const VERSION = 1;

/** What is sent and counted, not what precedes it. */
export function isItem(type: number): boolean {
  return type >= SPAN;
}

function checkOf(type: number, length: number, scope: number, batch: number): number {
  return (length ^ (length >>> 16) ^ (scope << 3) ^ (type << 11) ^ batch ^ 0xa55a) & 0xffff;
}

/** The payload is already written after it. */
export function writeHeader(
  out: Uint8Array,
  at: number,
  type: number,
  length: number,
  scope: number,
  batch: number,
): void {
  const check = checkOf(type, length, scope, batch);
  out[at + 11] = check >>> 8;
  out[at + 10] = check;
  out[at + 9] = scope >>> 8;
  out[at + 8] = scope;
  out[at + 7] = length >>> 24;
  out[at + 6] = length >>> 16;
  out[at + 5] = length >>> 8;
  out[at + 4] = length;
  out[at + 3] = 0;
  out[at + 2] = type;
  out[at + 1] = VERSION;
  out[at] = MAGIC;
}

/** -1 without a whole record of this batch. */
export function recordEnd(bytes: Buffer, at: number, end: number, batch: number): number {
  if (at + HEADER_BYTES > end || bytes[at] !== MAGIC || bytes[at + 1] !== VERSION) return -1;
  const length = bytes.readUInt32LE(at + 4);
  const next = at + HEADER_BYTES + length;
  const check = checkOf(bytes[at + 2]!, length, bytes.readUInt16LE(at + 8), batch);
  return next > end || bytes.readUInt16LE(at + 10) !== check ? -1 : next;
}

export interface ItemCounts {
  readonly spans: number;
  /** Default 0. */
  readonly logs?: number;
}

/**
 * Visits whole records with their payload's range.
 *
 * @returns the position after the last
 */
export function readRecords(
  bytes: Buffer,
  start: number,
  end: number,
  batch: number,
  visit: (type: number, from: number, to: number, scope: number) => void,
): number {
  let at = start;
  for (let next = recordEnd(bytes, at, end, batch); next > 0; next = recordEnd(bytes, at, end, batch)) {
    visit(bytes[at + 2]!, at + HEADER_BYTES, next, bytes.readUInt16LE(at + 8));
    at = next;
  }
  return at;
}

/** Of whole records, and the position after the last. */
export function countItems(
  bytes: Buffer,
  start: number,
  end: number,
  batch: number,
): { spans: number; logs: number; end: number } {
  let spans = 0;
  let logs = 0;
  const to = readRecords(bytes, start, end, batch, (type) => {
    if (type === SPAN) spans++;
    else if (type === LOG) logs++;
  });
  return { spans, logs, end: to };
}
