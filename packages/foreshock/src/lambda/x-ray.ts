import { TraceFlags, type SpanContext } from '@opentelemetry/api';

/** AWS X-Ray's header, `Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1`. */
export function xRayContext(header: unknown): SpanContext | undefined {
  if (typeof header !== 'string' || header.length > 256) return undefined;
  const [, time, random] = /(?:^|;)\s*Root=1-([\da-f]{8})-([\da-f]{24})(?:;|$)/i.exec(header) ?? [];
  const [, spanId] = /(?:^|;)\s*Parent=([\da-f]{16})(?:;|$)/i.exec(header) ?? [];
  if (!time || !random || !spanId || /^0+$/.test(spanId)) return undefined;
  return {
    traceId: (time + random).toLowerCase(),
    spanId: spanId.toLowerCase(),
    traceFlags: /(?:^|;)\s*Sampled=1(?:;|$)/i.test(header) ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  };
}
