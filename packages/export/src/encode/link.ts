import type { Link } from '@opentelemetry/api';
import { writeAttributes } from './attributes.ts';
import { putFixed32 } from './bytes.ts';
import { flagsOf, putHex } from './ids.ts';
import { COUNTS_BYTES, type MessageWriter } from './message-writer.ts';
import { writeTraceState } from './trace-state.ts';

const TAG = (13 << 3) | 2;
const ATTRIBUTE = (4 << 3) | 2;

/** @returns how many were left out */
export function writeLinks(to: MessageWriter, links: readonly Link[]): number {
  let done = 0;
  for (const link of links) {
    const start = to.pos;
    try {
      const { context } = link;
      const open = to.open(TAG);
      to.need(34 + COUNTS_BYTES);
      const { out } = to;
      let { pos } = to;
      out[pos] = (1 << 3) | 2;
      out[pos + 1] = 16;
      pos = putHex(out, pos + 2, context.traceId, 16);
      out[pos] = (2 << 3) | 2;
      out[pos + 1] = 8;
      pos = putHex(out, pos + 2, context.spanId, 8);
      out[pos] = (6 << 3) | 5;
      to.pos = putFixed32(out, pos + 1, flagsOf(context.traceFlags, context.isRemote));
      if (context.traceState) writeTraceState(to, context);
      const dropped = link.attributes ? writeAttributes(to, ATTRIBUTE, link.attributes) : 0;
      to.need(6);
      to.count(5 << 3, (link.droppedAttributesCount ?? 0) + dropped);
      to.close(open);
      done++;
    } catch (error) {
      to.giveUp(start, error);
    }
  }
  return links.length - done;
}
