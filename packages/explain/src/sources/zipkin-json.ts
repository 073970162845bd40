import { KIND, type SpanTable } from '../spans/span-table.ts';
import { type Plain, SpanAttributes } from './attributes.ts';

/** API version 2. */
interface ZipkinSpan {
  traceId?: string;
  id?: string;
  parentId?: string;
  name?: string;
  kind?: string;
  timestamp?: number;
  duration?: number;
  localEndpoint?: Endpoint;
  remoteEndpoint?: Endpoint;
  tags?: Record<string, unknown>;
  annotations?: { timestamp?: number; value?: string }[];
  shared?: boolean;
}

interface Endpoint {
  serviceName?: string;
  ipv4?: string;
  port?: number;
}

export function isZipkin(value: unknown): value is ZipkinSpan[] {
  if (!Array.isArray(value)) return false;
  const first: unknown = value[0];
  return typeof first === 'object' && first !== null && 'traceId' in first && 'id' in first;
}

export function readZipkin(spans: ZipkinSpan[], table: SpanTable): number {
  const attributes = new SpanAttributes(table.strings);
  // The client gets a new id, because children of a shared one refer to the server.
  const shared = new Set(spans.filter((span) => span?.shared === true).map(({ traceId, id }) => `${traceId} ${id}`));
  for (const span of spans) {
    if (typeof span !== 'object' || span === null) continue;
    attributes.clear();
    for (const [key, value] of Object.entries(span.tags ?? {})) {
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        attributes.take(key, value as Plain);
    }
    const { serviceName, ipv4, port } = span.remoteEndpoint ?? {};
    const id = String(span.id ?? '');
    const isShared = shared.has(`${span.traceId} ${span.id}`);
    const clientId = `client ${id}`;
    const start = Number(span.timestamp) / 1000;
    table.add({
      traceId: String(span.traceId ?? '').toLowerCase(),
      spanId: isShared && span.shared !== true ? clientId : id,
      parentSpanId: span.shared === true ? clientId : String(span.parentId ?? ''),
      service: String(span.localEndpoint?.serviceName ?? '') || 'unknown_service',
      instance: String(span.tags?.['service.instance.id'] ?? span.localEndpoint?.ipv4 ?? ''),
      version: String(span.tags?.['service.version'] ?? ''),
      name: String(span.name ?? ''),
      kind: KINDS[String(span.kind)] ?? KIND.INTERNAL,
      start,
      end: start + Number(span.duration ?? 0) / 1000,
      failed: attributes.isFailed,
      errorType: attributes.errorType,
      target: attributes.target || serviceName || (ipv4 && port ? `${ipv4}:${port}` : ''),
      facts: attributes.facts,
    });
  }
  return spans.length;
}

const KINDS: Record<string, number> = {
  SERVER: KIND.SERVER,
  CLIENT: KIND.CLIENT,
  PRODUCER: KIND.PRODUCER,
  CONSUMER: KIND.CONSUMER,
};
