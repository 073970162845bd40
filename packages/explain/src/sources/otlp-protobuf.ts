import type { SpanTable } from '../spans/span-table.ts';
import { UnreadableSource } from './unreadable.ts';

/** Adds the spans of OTLP requests in protobuf. */
export async function readProtobuf(_chunks: AsyncIterable<Buffer>, _table: SpanTable): Promise<void> {
  throw new UnreadableSource('neither JSON nor gzip');
}
