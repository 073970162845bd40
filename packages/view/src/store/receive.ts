import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { UnreadableSource } from '@foreshock/explain/store';
import { readOtlpRecords } from '../records/otlp-json.ts';
import { readLogs, readTraces } from '../records/otlp-protobuf.ts';
import type { RecordTarget } from '../records/record.ts';
import { readStreamRecords } from '../records/stream.ts';
import { readZipkinRecords } from '../records/zipkin-json.ts';
import { RecordBuffer } from './record-buffer.ts';
import type { Store } from './store.ts';
import type { Added } from './writer.ts';

/** By address and content type. */
export type Format = 'otlp-json' | 'traces-protobuf' | 'logs-protobuf' | 'zipkin-json';

type Received = Added & { status: ReturnType<Store['status']> };

/** `error`: why it is unreadable. */
export function receiveBody(store: Store, bytes: Uint8Array, format: Format): Received | { error: string } {
  const collected = new RecordBuffer(store);
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (format === 'traces-protobuf') readTraces(buffer, collected);
    else if (format === 'logs-protobuf') readLogs(buffer, collected);
    else readJson(JSON.parse(buffer.toString('utf8')), format, collected);
  } catch (error) {
    if (!(error instanceof UnreadableSource) && !(error instanceof SyntaxError)) throw error;
    return { error: error.message };
  }
  return { ...collected.store(), status: store.status() };
}

function readJson(value: unknown, format: Format, target: RecordTarget): void {
  if (format === 'otlp-json') readOtlpRecords(value, target);
  else if (Array.isArray(value)) readZipkinRecords(value, target);
  else throw new UnreadableSource('no list of spans');
}

/** The file's bytes or path. */
export async function receiveFile(store: Store, file: Uint8Array | string) {
  const added = { spans: 0, traces: 0, logs: 0 };
  const buffer = new RecordBuffer(store, (some) => {
    added.spans += some.spans;
    added.traces += some.traces;
    added.logs += some.logs;
  });
  let error: string | undefined;
  try {
    const bytes = typeof file === 'string' ? await opened(file) : Readable.from([Buffer.from(file.buffer)]);
    await readStreamRecords(bytes, buffer, () => buffer.storeIfFull());
  } catch (thrown) {
    if (!(thrown instanceof UnreadableSource)) throw thrown;
    error = thrown.message;
  }
  buffer.store();
  return { ...added, ...(error === undefined ? {} : { error }), status: store.status() };
}

async function opened(path: string): Promise<AsyncIterable<Buffer>> {
  const status = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UnreadableSource(error.code === 'ENOENT' ? 'no such file' : error.message);
  });
  if (!status.isFile()) throw new UnreadableSource('no file');
  return createReadStream(path, { highWaterMark: 4 * 1024 * 1024 });
}
