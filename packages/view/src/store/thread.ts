// The thread of the store: decodes, writes and searches, so that the thread that receives never waits for a disk.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type LogRecord, readOtlpRecords, type SpanRecord } from '@foreshock/explain/records';
import { serve } from '../threads/serve.ts';
import { attributeKeys, attributeValues } from './completion.ts';
import { feedOf } from './feed.ts';
import { Store, type StoreOptions } from './store.ts';
import { traceDetail } from './trace.ts';
import { type ListQuery, listTraces } from './trace-list.ts';

const { options, port } = workerData as { options: StoreOptions; port: MessagePort };
const store = new Store(options);

const methods = {
  /** Adds the records of a body. */
  receive(bytes: Uint8Array) {
    const spans: SpanRecord[] = [];
    const logs: LogRecord[] = [];
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
    readOtlpRecords(value, { span: (span) => spans.push(span), log: (log) => logs.push(log) });
    return { ...store.add(spans, logs), status: store.status() };
  },
  status: () => store.status(),
  traces: (query: ListQuery) => JSON.stringify(listTraces(store.database, query)),
  trace(traceId: string) {
    const detail = traceDetail(store.database, traceId);
    return detail && JSON.stringify(detail);
  },
  keys: (prefix: string) => attributeKeys(store.database, prefix),
  values: (key: string) => attributeValues(store.database, key),
};

export type StoreMethods = typeof methods;

serve(parentPort!, methods);
serve(port, feedOf(store));
