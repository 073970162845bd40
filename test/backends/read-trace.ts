import { read } from './obtain.ts';

/** A span as a backend gives it back. */
export interface ReadSpan {
  id: string;
  /** '' on a root */
  parentId: string;
  service: string;
  name: string;
  kind: string;
  start: number;
  /** What marks it red, undefined when nothing does. */
  error: string | undefined;
  /** The name on the other side. */
  remote: string | undefined;
  tags: Record<string, unknown>;
}

/** Zipkin's own API; names come back in lower case. */
export async function traceInZipkin(url: string, traceId: string): Promise<ReadSpan[]> {
  const spans: any[] = await read(`${url}/api/v2/trace/${traceId}`);
  return spans.map((span) => ({
    id: span.id,
    parentId: span.parentId ?? '',
    service: span.localEndpoint.serviceName,
    name: span.name,
    kind: span.kind ?? 'INTERNAL',
    start: span.timestamp,
    error: span.tags?.error,
    remote: span.remoteEndpoint?.serviceName,
    tags: span.tags ?? {},
  }));
}

/** The API that Jaeger's UI reads. */
export async function traceInJaeger(url: string, traceId: string): Promise<ReadSpan[]> {
  const { data } = await read(`${url}/api/traces/${traceId}`);
  const [{ spans, processes }] = data as [any];
  return spans.map((span: any) => {
    const tags = Object.fromEntries(span.tags.map(({ key, value }: any) => [key, value]));
    const parent = span.references.find(({ refType }: any) => refType === 'CHILD_OF');
    return {
      id: span.spanID,
      parentId: parent?.spanID ?? '',
      service: processes[span.processID].serviceName,
      name: span.operationName,
      kind: String(tags['span.kind']).toUpperCase(),
      start: span.startTime,
      error: tags['error'] === true ? String(tags['error.type']) : undefined,
      remote: tags['peer.service'],
      tags,
    };
  });
}

/** Which spans Jaeger's page leads to from a span, besides its parent: `trace span`. */
export async function linksInJaeger(url: string, traceId: string): Promise<Map<string, string[]>> {
  const { data } = await read(`${url}/api/traces/${traceId}`);
  return new Map(
    data[0].spans.map(({ spanID, references }: any) => [
      spanID,
      references
        .filter(({ refType }: any) => refType === 'FOLLOWS_FROM')
        .map((reference: any) => `${reference.traceID} ${reference.spanID}`),
    ]),
  );
}

/** Jaeger's search as its page opens with a service: the traces of the last hour, 20 of them. */
export async function firstPageOfJaeger(url: string, service: string): Promise<{ root: string; isRed: boolean }[]> {
  const { data } = await read(`${url}/api/traces?service=${service}&lookback=1h&limit=20`);
  return data.map(({ spans }: any) => {
    const ids = new Set(spans.map(({ spanID }: any) => spanID));
    const root = spans.find(({ references }: any) => !references.some(({ spanID }: any) => ids.has(spanID)));
    const isRed = spans.some(({ tags }: any) => tags.some(({ key, value }: any) => key === 'error' && value === true));
    return { root: root.operationName, isRed };
  });
}

/** Traces that Jaeger's search finds by one attribute, in the service's last hour. */
export async function foundInJaeger(url: string, service: string, attribute: string, value: string): Promise<number> {
  const tags = encodeURIComponent(JSON.stringify({ [attribute]: value }));
  const { data } = await read(`${url}/api/traces?service=${service}&tags=${tags}&lookback=1h&limit=20`);
  return data.length;
}

/** Traces of the last hour that Zipkin's search finds by one tag, or by an annotation's name. */
export async function foundInZipkin(url: string, query: string): Promise<number> {
  const traces = await read(
    `${url}/api/v2/traces?annotationQuery=${encodeURIComponent(query)}&lookback=3600000&limit=50`,
  );
  return traces.length;
}

/**
 * What Jaeger finds wrong with a trace: a missing parent, an id given twice, a skewed clock. From the
 * newer API, which tells hosts apart by `host.name`; the older knows a process tag `ip` alone, and
 * calls it skew when a server on the same machine ends a moment after its client.
 */
export async function warningsInJaeger(url: string, traceId: string): Promise<string[]> {
  const { result } = await read(`${url}/api/v3/traces/${traceId}`);
  const spans = result.resourceSpans.flatMap(({ scopeSpans }: any) => scopeSpans.flatMap((scope: any) => scope.spans));
  return spans.flatMap(({ name, attributes = [] }: any) =>
    attributes
      .filter(({ key }: any) => key === '@jaeger@warnings')
      .map(({ value }: any) => `${name}: ${JSON.stringify(value)}`),
  );
}

/** A line a span, indented below its parent, siblings by their start; those without their parent at the end. */
export function tree(spans: readonly ReadSpan[], line: (span: ReadSpan) => string): string[] {
  const ids = new Set(spans.map(({ id }) => id));
  const ordered = spans.toSorted((a, b) => a.start - b.start || a.name.localeCompare(b.name));
  const lines: string[] = [];
  const add = (parentId: string, indent: string): void => {
    for (const span of ordered) {
      if (span.parentId !== parentId) continue;
      lines.push(indent + line(span));
      add(span.id, `${indent}  `);
    }
  };
  add('', '');
  const lost = ordered.filter(({ parentId }) => parentId && !ids.has(parentId));
  return lines.concat(lost.map((span) => `lost: ${line(span)}`));
}
