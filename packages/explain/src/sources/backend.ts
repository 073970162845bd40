import type { SpanTable } from '../spans/span-table.ts';
import { fetchBody } from './fetch.ts';
import { readJaegerApi, type TakeValue } from './jaeger-api.ts';
import { readJsonValue } from './json-value.ts';
import { jsonValues } from './json-values.ts';
import type { TimeRange } from './time-range.ts';
import { UnreadableSource } from './unreadable.ts';
import { readViewer, viewerAt } from './viewer-api.ts';
import { readZipkinApi } from './zipkin-api.ts';

const ZIPKIN_PORT = '9411';

export async function readBackend(address: string, range: TimeRange, table: SpanTable, notes: string[]): Promise<void> {
  const base = baseOf(address);
  const viewer = base.port === ZIPKIN_PORT ? undefined : await viewerAt(base);
  if (viewer) return readViewer(base, viewer.completeSince, table, notes);
  await readApi(base, range, (value) => readJsonValue(value, table), notes);
}

/** Jaeger or Zipkin, by their answers. */
export async function readApi(base: URL, range: TimeRange, take: TakeValue, notes: string[]): Promise<void> {
  if (base.port === ZIPKIN_PORT) return readZipkinApi(base, range, take, notes);
  try {
    await readJaegerApi(base, range, take, notes);
  } catch (error) {
    if (!(error instanceof UnreadableSource) || !error.message.startsWith('answered 404')) throw error;
    await readZipkinApi(base, range, take, notes);
  }
}

/** Of any time; takes nothing without it. */
export async function readApiTrace(base: URL, traceId: string, take: TakeValue): Promise<void> {
  const paths = [`api/v3/traces/${traceId}`, `api/v2/trace/${traceId}`];
  for (const path of base.port === ZIPKIN_PORT ? paths.slice(1) : paths) {
    try {
      for await (const value of jsonValues(await fetchBody(new URL(path, base)))) take(value);
      return;
    } catch (error) {
      if (!(error instanceof UnreadableSource) || !error.message.startsWith('answered 404')) throw error;
    }
  }
}

export function isAddress(source: string): boolean {
  return /^https?:\/\//.test(source);
}

/** @throws UnreadableSource */
export function baseOf(address: string): URL {
  if (!URL.canParse(address)) throw new UnreadableSource('no address');
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/(?:search|trace|zipkin|api)(?:\/.*)?$/, '').replace(/\/+$/, '')}/`;
  url.search = url.hash = '';
  return url;
}
