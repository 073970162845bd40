import { plain, plainText } from './decode/plain-value.ts';
import { eachSpan, type RecordBatch } from './otlp-request.ts';

const KINDS = ['', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const STATUS_ERROR = 2;
const CONTROL = /\p{Cc}/gu;

/** One line a span. */
export function toLines(batches: readonly RecordBatch[]): string {
  const lines: string[] = [];
  eachSpan(batches, (span, _scope, resource) => {
    const start = BigInt(span.startTimeUnixNano);
    const ms = Number(BigInt(span.endTimeUnixNano) - start) / 1e6;
    const service = resource.attributes.find(({ key }) => key === 'service.name');
    const parts = [
      new Date(Number(start / 1_000_000n)).toISOString(),
      ...(service ? [plainText(service.value)] : []),
      KINDS[span.kind] ?? '',
      JSON.stringify(span.name),
      `${ms.toFixed(3)} ms`,
    ];
    if (span.status.code === STATUS_ERROR)
      parts.push(span.status.message ? `ERROR ${JSON.stringify(span.status.message)}` : 'ERROR');
    parts.push(`trace=${span.traceId}`, `span=${span.spanId}`);
    if (span.parentSpanId) parts.push(`parent=${span.parentSpanId}`);
    for (const { key, value } of span.attributes) parts.push(`${key}=${JSON.stringify(plain(value))}`);
    for (const link of span.links) parts.push(`link=${link.traceId}-${link.spanId}`);
    for (const event of span.events) {
      const at = Number(BigInt(event.timeUnixNano) - start) / 1e6;
      const attributes = event.attributes.map(({ key, value }) => ` ${key}=${JSON.stringify(plain(value))}`).join('');
      parts.push(`| +${at.toFixed(3)} ms ${JSON.stringify(event.name)}${attributes}`);
    }
    // Untrusted control characters break lines and terminals.
    lines.push(parts.join(' ').replace(CONTROL, '?'));
  });
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
