/**
 * What a span costs from `onEnd` to the backend: the main thread's CPU, the CPU of the whole
 * process (encoder, spool, sender thread, kernel), and the memory, against upstream's batch processor and exporter. A sink in a process of its own takes
 * the requests. Spans come in bursts of one batch with the event loop in between, as in a busy server.
 *
 *     node --conditions=@foreshock/source packages/export/bench/pipeline.ts
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { SpanKind } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  BatchSpanProcessor,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { SpanPipeline, type OtlpDestination } from '../src/index.ts';

const SPANS = 512;
const BATCHES = 2_000;

const SINK = `
  let bytes = 0, requests = 0;
  require('node:http').createServer((request, response) => {
    requests++;
    request.on('data', (chunk) => (bytes += chunk.length)).on('end', () => response.end());
  }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
  process.on('SIGTERM', () => { console.log(requests + ' requests, ' + (bytes / 1e6).toFixed(1) + ' MB'); process.exit(); });
`;
const sink = spawn(process.execPath, ['-e', SINK], { stdio: ['ignore', 'pipe', 'inherit'] });
const [port] = (await once(sink.stdout.setEncoding('utf8'), 'data')) as [string];
const url = `http://127.0.0.1:${port.trim()}/v1/traces`;

const exporter = new InMemorySpanExporter();
const tracer = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer(
  'bench',
  '1.0.0',
);
for (let i = 0; i < SPANS; i++) {
  const span = tracer.startSpan('GET /orders/:id', { kind: SpanKind.SERVER });
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
  span.end();
}
const spans = exporter.getFinishedSpans();

async function measure(name: string, processor: SpanProcessor): Promise<void> {
  const run = async (batches: number): Promise<void> => {
    for (let batch = 0; batch < batches; batch++) {
      for (const span of spans) processor.onEnd(span);
      // Some 50,000 spans a second, about what a saturated server makes.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  await run(BATCHES / 10);
  const before = process.cpuUsage();
  const mainBefore = process.threadCpuUsage();
  await run(BATCHES);
  const main = process.threadCpuUsage(mainBefore);
  await processor.forceFlush();
  const all = process.cpuUsage(before);
  const perSpan = ({ user, system }: NodeJS.CpuUsage): string =>
    `${(((user + system) * 1_000) / (SPANS * BATCHES)).toFixed(0).padStart(6)} ns`;
  console.log(
    `${name.padEnd(16)} ${perSpan(main)} ${perSpan(all)} ${(process.memoryUsage.rss() / 1e6).toFixed(0).padStart(6)} MB`,
  );
  await processor.shutdown();
}

const ours = (more: Partial<OtlpDestination>): SpanProcessor =>
  new SpanPipeline({ destinations: [{ kind: 'otlp', url, ...more }], resource: { 'service.name': 'bench' } });

console.log(
  `node ${process.version}     main   process      RSS (${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB at start)`,
);
await measure('foreshock', ours({}));
await measure('foreshock, gzip', ours({ compression: 'gzip' }));
await measure('upstream', new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }), maxQueueSize: 1 << 16 }));
const report = once(sink.stdout, 'data');
sink.kill();
console.log(`the sink took ${String(await report).trim()}`);
