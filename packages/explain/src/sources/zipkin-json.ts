import { KIND, type SpanTable } from '../spans/span-table.ts';
import { type Plain, SpanAttributes } from './attributes.ts';
import { CONFIG_FINGERPRINT } from './resource.ts';
import { numberOf, objectsOf, textOf } from './untrusted.ts';

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
  // The client's changes: children of a shared ID refer to the server.
  const shared = new Set(
    objectsOf(spans)
      .filter(({ shared }) => shared === true)
      .map(({ traceId, id }) => `${textOf(traceId)} ${textOf(id)}`),
  );
  for (const span of objectsOf(spans)) {
    attributes.clear();
    for (const [key, value] of Object.entries(span.tags ?? {})) {
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        attributes.take(key, value as Plain);
    }
    const { serviceName, ipv4, port } = span.remoteEndpoint ?? {};
    const id = textOf(span.id);
    const isShared = shared.has(`${textOf(span.traceId)} ${id}`);
    const clientId = `client ${id}`;
    const start = numberOf(span.timestamp) / 1000;
    table.add({
      traceId: textOf(span.traceId).toLowerCase(),
      spanId: isShared && span.shared !== true ? clientId : id,
      parentSpanId: span.shared === true ? clientId : textOf(span.parentId),
      service: textOf(span.localEndpoint?.serviceName) || 'unknown_service',
      instance: textOf(span.tags?.['service.instance.id'] ?? span.localEndpoint?.ipv4),
      version: textOf(span.tags?.['service.version']),
      host: textOf(span.tags?.['host.name']),
      config: textOf(span.tags?.[CONFIG_FINGERPRINT]),
      name: textOf(span.name),
      kind: KINDS[textOf(span.kind)] ?? KIND.INTERNAL,
      start,
      end: start + numberOf(span.duration ?? 0) / 1000,
      failed: attributes.isFailed,
      errorType: attributes.errorType,
      target: attributes.target || textOf(serviceName) || (ipv4 && port ? `${textOf(ipv4)}:${textOf(port)}` : ''),
      attributes: attributes.known,
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
