import { once } from 'node:events';
import { createGzip } from 'node:zlib';
import type { ExportQuery } from '../store/export.ts';
import { Refusal } from './refusal.ts';
import type { Context } from './exchange.ts';

const MOST_TRACES = 10_000;

/** `/api/export`: gzipped OTLP JSON, request per line. */
export async function sendExport({ response, url, store }: Context, from: number, to: number): Promise<undefined> {
  const query = url.searchParams;
  const traceIds = query.getAll('traceId').map((id) => id.toLowerCase());
  const q = query.get('q') ?? '';
  let next: ExportQuery | undefined = { from, to };
  if (traceIds.length > 0) next = { traceIds: traceIds.slice(0, MOST_TRACES) };
  else if (q.trim() !== '') {
    const { error, traceIds: chosen } = await store.call('chosen', [q, from, to]);
    if (error !== undefined) throw new Refusal(400, error);
    next = { traceIds: chosen };
  }
  const name = traceIds.length === 1 && /^[0-9a-f]{32}$/.test(traceIds[0]!) ? `trace-${traceIds[0]}` : 'traces';
  response.writeHead(200, {
    'content-type': 'application/gzip',
    'content-disposition': `attachment; filename="${name}.jsonl.gz"`,
    'cache-control': 'no-store',
  });
  const gzip = createGzip();
  gzip.on('error', () => response.destroy());
  gzip.pipe(response);
  const closed = new Promise((resolve) => response.once('close', resolve));
  while (next && !response.destroyed) {
    const page: { text: string; next: ExportQuery | undefined } = await store.call('exported', [next]);
    if (!gzip.write(page.text)) await Promise.race([once(gzip, 'drain'), closed]);
    next = page.next;
  }
  gzip.end();
}
