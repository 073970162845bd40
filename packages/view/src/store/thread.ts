// Its own thread: the receiver never waits for a disk.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { serve } from '../threads/serve.ts';
import { attributeKeys, attributeValues } from './completion.ts';
import { chosenTraces, type ExportQuery, exportPage } from './export.ts';
import { feedOf } from './feed.ts';
import { type Format, receiveBody, receiveFile } from './receive.ts';
import { spanDetail } from './span-detail.ts';
import { Store, type StoreOptions } from './store.ts';
import { type ListQuery, listTraces } from './trace-list.ts';
import { traceRest } from './trace-rest.ts';
import { traceRows } from './trace-rows.ts';

const { options, port } = workerData as { options: StoreOptions; port: MessagePort };
const store = new Store(options);

const methods = {
  receive: (bytes: Uint8Array, format: Format) => receiveBody(store, bytes, format),
  file: (file: Uint8Array | string) => receiveFile(store, file),
  status: () => store.status(),
  traces: (query: ListQuery) => JSON.stringify({ seq: store.seq, ...listTraces(store.database, query) }),
  trace: (traceId: string) => traceRows(store.database, traceId),
  traceRest: (traceId: string) => traceRest(store.database, traceId),
  span: (traceId: string, spanId: string, kind: number) => spanDetail(store.database, traceId, spanId, kind),
  keys: (prefix: string) => attributeKeys(store.database, prefix),
  values: (key: string) => attributeValues(store.database, key),
  exported: (query: ExportQuery) => exportPage(store.database, query),
  chosen: (q: string, from: number, to: number) => chosenTraces(store.database, q, from, to),
  pin: (traceIds: string[]) => store.pin(traceIds),
  close: () => store.close(),
};

export type StoreMethods = typeof methods;

serve(parentPort!, methods);
serve(port, feedOf(store));
