import type { Attributes } from '@opentelemetry/api';
import { writeAttributes } from './attributes.ts';
import { COUNTS_BYTES, type MessageWriter } from './message-writer.ts';

export function writeResource(to: MessageWriter, attributes: Attributes): void {
  const start = to.open((1 << 3) | 2);
  writeAttributes(to, (1 << 3) | 2, attributes);
  to.limit += COUNTS_BYTES;
  to.close(start);
}
