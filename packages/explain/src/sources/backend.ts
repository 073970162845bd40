import type { SpanTable } from '../spans/span-table.ts';
import { readJaegerApi } from './jaeger-api.ts';
import type { TimeRange } from './time-range.ts';
import { UnreadableSource } from './unreadable.ts';
import { readViewer, viewerAt } from './viewer-api.ts';
import { readZipkinApi } from './zipkin-api.ts';

/** Its answers show which backend it is. */
export async function readBackend(address: string, range: TimeRange, table: SpanTable, notes: string[]): Promise<void> {
  const base = baseOf(address);
  if (base.port === '9411') return readZipkinApi(base, range, table, notes);
  const viewer = await viewerAt(base);
  if (viewer) return readViewer(base, viewer.completeSince, table, notes);
  try {
    await readJaegerApi(base, range, table, notes);
  } catch (error) {
    if (!(error instanceof UnreadableSource) || !error.message.startsWith('answered 404')) throw error;
    await readZipkinApi(base, range, table, notes);
  }
}

function baseOf(address: string): URL {
  if (!URL.canParse(address)) throw new UnreadableSource('no address');
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/(?:search|trace|zipkin|api)(?:\/.*)?$/, '').replace(/\/+$/, '')}/`;
  url.search = url.hash = '';
  return url;
}
