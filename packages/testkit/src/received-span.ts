/** Received or recorded. */
export interface ReceivedSpan {
  /** 32 lower-case hex digits. */
  traceId: string;
  /** 16 lower-case hex digits. */
  spanId: string;
  /** Empty for a root. */
  parentSpanId: string;
  name: string;
  kind: 'INTERNAL' | 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER';
  /** Milliseconds since the epoch, fractional. */
  startTime: number;
  /** Milliseconds since the epoch, fractional. */
  endTime: number;
  durationMs: number;
  attributes: Record<string, unknown>;
  events: { name: string; time: number; attributes: Record<string, unknown> }[];
  links: { traceId: string; spanId: string; attributes: Record<string, unknown> }[];
  status: { code: 'UNSET' | 'OK' | 'ERROR'; message?: string };
  /** OTLP's: W3C flags in the low byte, 0x100 "remoteness is known", 0x200 "the parent is remote". */
  flags: number;
  traceState: string;
  resource: Record<string, unknown>;
  /** Scope: the package's name. */
  scope: string;
  dropped: { attributes: number; events: number; links: number };
}

/** Unless it says more than other attributes: whole spans need not repeat it. */
export function withoutRepeatedPeer(attributes: Record<string, unknown>): Record<string, unknown> {
  const { 'peer.service': peer, 'db.system.name': system, 'server.address': host, 'server.port': port } = attributes;
  if (peer !== undefined && [system, host, `${host}:${port}`].includes(peer)) delete attributes['peer.service'];
  return attributes;
}

export interface ReceivedMetric {
  name: string;
  description: string;
  unit: string;
  type: 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary';
  points: MetricPoint[];
  resource: Record<string, unknown>;
  scope: string;
}

/** `value`: a gauge's or sum's; the rest: histogram's. */
export interface MetricPoint {
  attributes: Record<string, unknown>;
  value?: number;
  count?: number;
  sum?: number;
  min?: number;
  max?: number;
  bounds?: number[];
  buckets?: number[];
}

/** One line per span. */
export function describeSpans(spans: readonly ReceivedSpan[]): string {
  if (spans.length === 0) return '  (none)';
  return spans
    .map((span) => {
      const parent = span.parentSpanId || 'root';
      const status = span.status.code === 'ERROR' ? ` ERROR ${String(span.attributes['error.type'] ?? '')}` : '';
      return `  ${span.traceId} ${span.spanId} < ${parent}  ${span.kind} ${span.name}${status}  [${span.scope}]`;
    })
    .join('\n');
}
