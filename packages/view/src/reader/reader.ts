// `@foreshock/view/reader`: search and traces without the page, of any `foreshock explain` source.
import { DatabaseSync } from 'node:sqlite';
import { baseOf, isAddress, isStore, type TimeRange, UnreadableSource, viewerAt } from '@foreshock/explain/sources';
import { STORE_VERSION } from '@foreshock/explain/store';
import { LoadedReader } from './loaded-reader.ts';
import { StoreFileReader } from './store-file-reader.ts';
import type { TraceReader } from './trace-reader.ts';
import { ViewerReader } from './viewer-reader.ts';

export type { SpanRecord } from '../records/record.ts';
export type { FoundTraces, ListQuery, TraceReader, WholeTrace } from './trace-reader.ts';

/**
 * @param range of Jaeger or Zipkin
 * @throws UnreadableSource
 */
export async function openTraces(sources: readonly string[], range: TimeRange): Promise<TraceReader> {
  const [source] = sources;
  if (sources.length === 1 && isAddress(source!)) {
    const base = baseOf(source!);
    if (await viewerAt(base)) return new ViewerReader(base);
  } else if (sources.length === 1 && (await isStoreFile(source!))) return openStore(source!);
  return LoadedReader.of(sources, range);
}

async function isStoreFile(source: string): Promise<boolean> {
  try {
    return await isStore(source);
  } catch {
    // A folder, or missing.
    return false;
  }
}

function openStore(file: string): TraceReader {
  const database = new DatabaseSync(file, { readOnly: true });
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version === STORE_VERSION) return new StoreFileReader(database);
  database.close();
  throw new UnreadableSource(`${file}: an SQLite file, but no store of this foreshock view`);
}
