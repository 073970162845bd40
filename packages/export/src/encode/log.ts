import type { LogRecord } from '../log-record.ts';
import { writeAttributes } from './attributes.ts';
import { putFixed32 } from './bytes.ts';
import { putHex } from './ids.ts';
import type { MessageWriter } from './message-writer.ts';
import { putMilliseconds } from './times.ts';
import { writeValue } from './value.ts';

/** A line's; more is left out, and counted. */
export const MAX_LOG_BYTES: number = 64 * 1024;
/** Leaves room for attributes. */
const MAX_BODY = 16_384;

/** An `opentelemetry.proto.logs.v1.LogRecord`. */
export function writeLog(to: MessageWriter, log: LogRecord): void {
  const { trace, body } = log;
  to.need(60);
  const { out } = to;
  let { pos } = to;
  out[pos] = (1 << 3) | 1;
  pos = putMilliseconds(out, pos + 1, log.timeMs);
  out[pos] = (11 << 3) | 1;
  pos = putMilliseconds(out, pos + 1, log.timeMs);
  out[pos] = 2 << 3;
  out[pos + 1] = log.severityNumber & 0x7f;
  pos += 2;
  if (trace) {
    out[pos] = (9 << 3) | 2;
    out[pos + 1] = 16;
    pos = putHex(out, pos + 2, trace.traceId, 16);
    out[pos] = (10 << 3) | 2;
    out[pos + 1] = 8;
    pos = putHex(out, pos + 2, trace.spanId, 8);
    out[pos] = (8 << 3) | 5;
    pos = putFixed32(out, pos + 1, trace.traceFlags & 0xff);
  }
  to.pos = pos;
  to.text((3 << 3) | 2, log.severityText);
  let dropped = 0;
  if (body !== undefined) {
    const start = to.pos;
    try {
      writeValue(to, (5 << 3) | 2, typeof body === 'string' ? body.slice(0, MAX_BODY) : body);
    } catch (error) {
      to.giveUp(start, error);
      dropped = 1;
    }
  }
  dropped += writeAttributes(to, (6 << 3) | 2, log.attributes as never);
  // In the reserved room.
  to.count(7 << 3, dropped);
}
