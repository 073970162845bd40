import type { FinishedEvent } from '../finished-span.ts';
import { writeAttributes } from './attributes.ts';
import { COUNTS_BYTES, type MessageWriter } from './message-writer.ts';
import { putTime } from './times.ts';

const TAG = (11 << 3) | 2;
const ATTRIBUTE = (3 << 3) | 2;

/** @returns how many were left out */
export function writeEvents(to: MessageWriter, events: readonly FinishedEvent[]): number {
  let done = 0;
  for (const event of events) {
    const start = to.pos;
    try {
      const open = to.open(TAG);
      to.need(9 + COUNTS_BYTES);
      to.out[to.pos] = (1 << 3) | 1;
      to.pos = putTime(to.out, to.pos + 1, event.time);
      to.text((2 << 3) | 2, event.name);
      const dropped = event.attributes ? writeAttributes(to, ATTRIBUTE, event.attributes) : 0;
      to.need(6);
      to.count(4 << 3, (event.droppedAttributesCount ?? 0) + dropped);
      to.close(open);
      done++;
    } catch (error) {
      to.giveUp(start, error);
    }
  }
  return events.length - done;
}
