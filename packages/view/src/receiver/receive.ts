import { withBody } from '../server/body.ts';
import { Refusal } from '../server/refusal.ts';
import type { Context, Reply } from '../server/exchange.ts';
import type { Format } from '../store/receive.ts';
import type { Added } from '../store/writer.ts';

/** After the write: fast exporters wait. */
export async function receive({ request, url, store, events }: Context): Promise<Reply> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  const format = formatOf(url.pathname, type);
  return withBody(request, async (body) => {
    if (!format || body.length === 0) return replyOf(url.pathname, type);
    const bytes = owned(body);
    const received = await store.call('receive', [bytes, format], [bytes.buffer]);
    if ('error' in received) throw new Refusal(400, received.error);
    events.changed(received.status);
    return replyOf(url.pathname, type, refusedOf(received));
  });
}

export async function receiveDropped({ request, store, events }: Context): Promise<Reply> {
  return withBody(request, async (body) => {
    const bytes = owned(body);
    const { status, ...added } = await store.call('file', [bytes], [bytes.buffer]);
    events.changed(status);
    return { type: 'application/json', body: JSON.stringify(added) };
  });
}

function formatOf(path: string, type: string): Format | undefined {
  if (path === '/v1/metrics') return undefined;
  if (path === '/api/v2/spans') {
    // Zipkin's libraries may send no type; protobuf and Thrift are other formats.
    if (type !== 'application/json' && type !== '') throw new Refusal(415, `Content-Type ${type.slice(0, 60)}`);
    return 'zipkin-json';
  }
  if (type === 'application/json') return 'otlp-json';
  if (type !== 'application/x-protobuf') throw new Refusal(415, `Content-Type ${type.slice(0, 60) || 'is missing'}`);
  return path === '/v1/logs' ? 'logs-protobuf' : 'traces-protobuf';
}

/** An `Export…ServiceResponse` in the request's format, 202 for Zipkin. Exporters log refusals. */
function replyOf(path: string, type: string, refused?: Refused): Reply {
  if (path === '/api/v2/spans') return { status: 202, type: 'text/plain', body: '' };
  // Most services rightly log without a trace ID, too.
  const spans = path === '/v1/traces' ? refused : undefined;
  if (type === 'application/x-protobuf') return { type, body: spans ? partialSuccess(spans) : '' };
  const body = spans ? { partialSuccess: { rejectedSpans: String(spans.number), errorMessage: spans.message } } : {};
  return { type: 'application/json', body: JSON.stringify(body) };
}

interface Refused {
  number: number;
  message: string;
}

function refusedOf({ invalid, dropped }: Added): Refused | undefined {
  if (invalid + dropped === 0) return undefined;
  const reasons = [invalid > 0 && `${invalid} without a valid id or time`, dropped > 0 && `${dropped} too large`];
  return { number: invalid + dropped, message: reasons.filter(Boolean).join(', ') };
}

/** Number (1) and message (2) in field 1. */
function partialSuccess({ number, message }: Refused): Buffer {
  const varint: number[] = [];
  for (let left = number; left > 0; left = Math.floor(left / 128)) varint.push((left % 128) | (left >= 128 ? 128 : 0));
  const inner = [8, ...varint, 18, message.length, ...Buffer.from(message)];
  return Buffer.from([10, inner.length, ...inner]);
}

/** Transferable: not from a pool. */
function owned(body: Buffer): Uint8Array<ArrayBuffer> {
  const whole = body.byteOffset === 0 && body.byteLength === body.buffer.byteLength;
  return whole ? new Uint8Array(body.buffer as ArrayBuffer) : new Uint8Array(body);
}
