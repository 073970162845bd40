import { SpanEncoder } from './encode/span-encoder.ts';
import type { FinishedSpan } from './finished-span.ts';
import type { RecordBatch } from './otlp-request.ts';
import { OWN_SCOPE } from './own-span.ts';
import { HEADER_BYTES, RESOURCE, SCOPE, SPAN, writeHeader } from './records.ts';

const MAX_BYTES = 1 << 20;
const ONE_SPAN_BYTES = 64 * 1024;
const NUMBER = 0;

/**
 * @param resource a ResourceSpans message without spans
 * @param spans most important first
 */
export function ownBatch(resource: Uint8Array, spans: readonly FinishedSpan[]): RecordBatch {
  const encoder = new SpanEncoder();
  const bytes = Buffer.alloc(spans.length === 1 ? ONE_SPAN_BYTES : MAX_BYTES);
  let end = 0;
  const put = (type: number, encode: (at: number) => number): boolean => {
    const to = encode(end + HEADER_BYTES);
    if (to === -1) return false;
    writeHeader(bytes, end, type, to - end - HEADER_BYTES, type === RESOURCE ? 0 : 1, NUMBER);
    end = to;
    return true;
  };
  put(RESOURCE, (at) => {
    bytes.set(resource, at);
    return at + resource.length;
  });
  put(SCOPE, (at) => encoder.encodeScope(OWN_SCOPE, bytes, at));
  const written = spans.filter((span) => put(SPAN, (at) => encoder.encode(span, bytes, at)));
  return { bytes: bytes.subarray(0, end), number: NUMBER, start: 0, end, spans: written.length };
}
