/**
 * What one span costs to encode: ours against `@opentelemetry/otlp-transformer`, the same 512 spans
 * made by the SDK. The thread's CPU time, best of 15 passes, as the machine is shared; run from the repository's root:
 *
 *     node --conditions=@foreshock/source packages/export/bench/encode.ts
 */
import { SpanKind, type Link } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { SpanEncoder } from '../src/encode/span-encoder.ts';

const SPANS = 512;
const PASSES = 15;
const ROUNDS = 200;

type Ended = ReturnType<InMemorySpanExporter['getFinishedSpans']>;

function spans(finish: (span: any, i: number) => void, links: Link[] = []): Ended {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracer = provider.getTracer('bench', '1.0.0');
  for (let i = 0; i < SPANS; i++) {
    const span = tracer.startSpan('GET /orders/:id', { kind: SpanKind.SERVER, links });
    finish(span, i);
    span.end();
  }
  return exporter.getFinishedSpans();
}

function tenAttributes(span: any, i: number): void {
  span.setAttributes({
    'http.request.method': 'GET',
    'url.path': `/orders/${i * 7919}`,
    'url.scheme': 'http',
    'server.address': 'orders.internal',
    'server.port': 8080,
    'http.route': '/orders/:id',
    'http.response.status_code': 200,
    'network.protocol.version': '1.1',
    'user_agent.original':
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
    'pool.wait_ms': i + 0.25,
  });
}

function allFresh(span: any, i: number): void {
  for (let n = 0; n < 10; n++) span.setAttribute(`bench.attribute.${n}`, `value ${n} of ${i} ${Math.random()}`);
}

function best(run: () => void): number {
  let least = Infinity;
  for (let pass = 0; pass < PASSES; pass++) {
    const before = process.threadCpuUsage();
    for (let round = 0; round < ROUNDS; round++) run();
    const { user, system } = process.threadCpuUsage(before);
    least = Math.min(least, ((user + system) * 1_000) / (ROUNDS * SPANS));
  }
  return least;
}

const out = Buffer.from(new SharedArrayBuffer(4 << 20));

function compare(name: string, batch: Ended): void {
  const encoder = new SpanEncoder();
  let bytes = 0;
  const ours = best(() => {
    let pos = 0;
    for (const span of batch) pos = encoder.encode(span, out, pos);
    bytes = pos;
  });
  const theirs = best(() => void ProtobufTraceSerializer.serializeRequest(batch));
  console.log(
    `${name.padEnd(34)} ${ours.toFixed(0).padStart(6)} ns ${theirs.toFixed(0).padStart(6)} ns   ${(ours / theirs).toFixed(2)}   ${(bytes / SPANS).toFixed(0)} bytes`,
  );
}

console.log(`node ${process.version}                        foreshock   upstream  ratio  size`);
compare('10 attributes', spans(tenAttributes));
compare('10 attributes, every value new', spans(allFresh));
compare(
  '10 attributes, 2 events, 1 link',
  spans(
    (span, i) => {
      tenAttributes(span, i);
      span.addEvent('pool.saturated', { peak: i });
      span.addEvent('breaker.open');
    },
    [{ context: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 } }],
  ),
);
compare(
  'no attributes',
  spans(() => {}),
);
