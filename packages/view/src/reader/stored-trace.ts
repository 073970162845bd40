import type { DatabaseSync } from 'node:sqlite';
import { exportPage } from '../store/export.ts';
import { readWholeTrace, type WholeTrace } from './whole-trace.ts';

export async function storedTrace(database: DatabaseSync, traceId: string): Promise<WholeTrace | undefined> {
  const { text } = exportPage(database, { traceIds: [traceId] });
  return readWholeTrace(once(Buffer.from(text)));
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
