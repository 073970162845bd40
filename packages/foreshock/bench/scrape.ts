// What a scrape of some 5,000 series takes of the main thread, and what a measurement costs beside the SDK's alone.
// node --conditions=@foreshock/source packages/foreshock/bench/scrape.ts
import { ROOT_CONTEXT, trace, type Attributes, type Meter } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { FIRST_SCRAPER } from '@foreshock/kit';
import { BoundedMeterProvider } from '../src/metrics/bounded-meter.ts';
import { prometheusText } from '../src/metrics/prometheus-text.ts';
import { ScrapeReader } from '../src/metrics/scrape-reader.ts';

const ROUTES = 99;
const SCRAPES = 30;
const RECORDS = 100_000;
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const sampled = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
});

function requestsOf(meter: Meter) {
  return meter.createHistogram('http.server.request.duration', {
    unit: 's',
    advice: { explicitBucketBoundaries: BOUNDARIES },
  });
}

function attributesOf(route: number, status: number): Attributes {
  return {
    'http.request.method': 'GET',
    'url.scheme': 'http',
    'network.protocol.version': '1.1',
    'http.response.status_code': status,
    'http.route': `/orders/:id/items/${route}`,
  };
}

/** Of this thread: a shared machine may run others meanwhile. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

const reader = new ScrapeReader();
const requests = requestsOf(new BoundedMeterProvider(new MeterProvider({ readers: [reader] }), true).getMeter('bench'));
function serve(): void {
  for (let route = 0; route < ROUTES; route++) {
    for (const status of [200, 404, 500]) requests.record(route / ROUTES, attributesOf(route, status), sampled);
  }
}

for (const format of ['text', 'openmetrics'] as const) {
  const times: number[] = [];
  let text = '';
  for (let i = 0; i < SCRAPES; i++) {
    serve();
    const start = cpuMs();
    text = prometheusText({}, [await reader.families(FIRST_SCRAPER, format)], format);
    times.push(cpuMs() - start);
  }
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  const sorted = times.toSorted((one, other) => one - other);
  const median = sorted[SCRAPES / 2]!.toFixed(1);
  const [first] = times;
  console.log(
    `${format.padEnd(12)} ${lines} series, ${(text.length / 1e6).toFixed(1)} MB: first ${first!.toFixed(1)} ms, median ${median} ms, longest of the others ${Math.max(...times.slice(1)).toFixed(1)} ms`,
  );
}

const sdk = requestsOf(new MeterProvider({ readers: [new ScrapeReader()] }).getMeter('bench'));
const best = { sdk: Infinity, bounded: Infinity };
for (let pass = 0; pass < 7; pass++) {
  for (const [name, histogram] of [
    ['sdk', sdk],
    ['bounded', requests],
  ] as const) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < RECORDS; i++) histogram.record(0.02, attributesOf(i % 50, 200), sampled);
    best[name] = Math.min(best[name], Number(process.hrtime.bigint() - start) / RECORDS);
  }
}
console.log(
  `a measurement: SDK ${best.sdk.toFixed(0)} ns, with bound and exemplar ${best.bounded.toFixed(0)} ns, ratio ${(best.bounded / best.sdk).toFixed(2)}`,
);
