import type { SpanStatus } from '@opentelemetry/api';
import type { FinishedSpan } from '../finished-span.ts';
import { writeAttributes } from './attributes.ts';
import { putFixed32 } from './bytes.ts';
import { writeEvents } from './event.ts';
import { flagsOf, putHex, putSpanId, putTraceId } from './ids.ts';
import { writeLinks } from './link.ts';
import type { MessageWriter } from './message-writer.ts';
import { writeRecorded } from './recorded-attributes.ts';
import { putMilliseconds, putTime } from './times.ts';
import { writeTraceState } from './trace-state.ts';

const ATTRIBUTE = (9 << 3) | 2;

export function writeSpan(to: MessageWriter, span: FinishedSpan): void {
  const context = span.spanContext();
  const parent = span.parentSpanContext;
  to.need(80);
  const { out } = to;
  let { pos } = to;
  out[pos] = (1 << 3) | 2;
  out[pos + 1] = 16;
  const { ids, parentIds } = span;
  pos = ids ? putTraceId(out, pos + 2, ids.trace) : putHex(out, pos + 2, context.traceId, 16);
  out[pos] = (2 << 3) | 2;
  out[pos + 1] = 8;
  pos = ids ? putSpanId(out, pos + 2, ids) : putHex(out, pos + 2, context.spanId, 8);
  if (parent?.spanId) {
    out[pos] = (4 << 3) | 2;
    out[pos + 1] = 8;
    pos = parentIds ? putSpanId(out, pos + 2, parentIds) : putHex(out, pos + 2, parent.spanId, 8);
  }
  out[pos] = 6 << 3;
  // The API's INTERNAL is 0, the proto's is 1.
  out[pos + 1] = (span.kind + 1) & 0x7f;
  out[pos + 2] = (7 << 3) | 1;
  pos += 3;
  const { startMs, endMs } = span;
  pos = startMs === undefined ? putTime(out, pos, span.startTime) : putMilliseconds(out, pos, startMs);
  out[pos] = (8 << 3) | 1;
  pos += 1;
  pos = endMs === undefined ? putTime(out, pos, span.endTime) : putMilliseconds(out, pos, endMs);
  // From field 16 on, two bytes.
  out[pos] = 0x85;
  out[pos + 1] = 0x01;
  to.pos = putFixed32(out, pos + 2, flagsOf(context.traceFlags, parent?.isRemote));

  to.text((5 << 3) | 2, span.name);
  if (context.traceState) writeTraceState(to, context);
  writeStatus(to, span.status);
  const { recorded } = span;
  const droppedAttributes = recorded
    ? writeRecorded(to, ATTRIBUTE, recorded)
    : writeAttributes(to, ATTRIBUTE, span.attributes);
  const droppedEvents = span.events.length === 0 ? 0 : writeEvents(to, span.events);
  const droppedLinks = span.links.length === 0 ? 0 : writeLinks(to, span.links);

  // In the reserved room.
  to.count(10 << 3, span.droppedAttributesCount + droppedAttributes);
  to.count(12 << 3, span.droppedEventsCount + droppedEvents);
  to.count(14 << 3, span.droppedLinksCount + droppedLinks);
}

function writeStatus(to: MessageWriter, { code, message }: SpanStatus): void {
  if (code === 0 && !message) return;
  const start = to.open((15 << 3) | 2);
  to.need(2);
  to.out[to.pos++] = 3 << 3;
  to.out[to.pos++] = code & 0x7f;
  if (message) to.text((2 << 3) | 2, message);
  to.close(start);
}
