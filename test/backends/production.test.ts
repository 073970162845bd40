// examples/production, played: what the gateway keeps of which traces, and what Jaeger makes of its metrics.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, runBinary, startPrometheus } from '@foreshock/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { need, orUnavailable } from './available.ts';
import { jaegerBinary, validated } from './jaeger.ts';
import { read, until, type Unavailable } from './obtain.ts';

const PRODUCTION = new URL('../../examples/production/', import.meta.url);
const text = (file: string): string => readFileSync(new URL(file, PRODUCTION), 'utf8');

let binary: string | Unavailable;
const stops: (() => unknown)[] = [];

beforeAll(async () => {
  binary = await orUnavailable(jaegerBinary());
});
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
});

function written(name: string, content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'foreshock-production-'));
  stops.push(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

// No registry has the exporter and the connector: in their place stand others, with the settings that both take.
const agent = (): string =>
  text('collector/agent.yml')
    .replaceAll('loadbalancing', 'otlp')
    .replace('    routing_key: traceID\n', '')
    .replace(/ {4}protocol:\n {6}otlp:\n {8}timeout: (\S+)\n {8}tls: (.*)\n/, '    timeout: $1\n    tls: $2\n')
    .replace(/ {4}resolver:\n(?: {6}.*\n)+/, "    endpoint: '${env:GATEWAY_HOST}:4317'\n");
const serviceGraph = (): string =>
  text('collector/servicegraph.yml')
    .replaceAll('servicegraph', 'spanmetrics/servicegraph')
    .replace(/ {4}store: .*\n {4}dimensions: .*\n {4}database_name_attributes: .*\n/, '    namespace: servicegraph\n');

it.for([
  ['collector/gateway.yml', () => [text('collector/gateway.yml')]],
  ['collector/agent.yml, its exporter replaced,', () => [agent()]],
  ['collector/servicegraph.yml, its connector replaced,', () => [text('collector/gateway.yml'), serviceGraph()]],
  ['jaeger/collector.yml', () => [text('jaeger/collector.yml')]],
  ['jaeger/ingester.yml', () => [text('jaeger/ingester.yml')]],
  ['jaeger/query.yml', () => [text('jaeger/query.yml')]],
] as const)('%s is a configuration that the collector inside of Jaeger takes', ([, texts], context) => {
  const nobody = 'http://127.0.0.1:1';
  const env = {
    OPENSEARCH_URL: nobody,
    PROMETHEUS_URL: nobody,
    KAFKA_BROKERS: 'kafka:9092',
    JAEGER_ENDPOINT: 'jaeger:4317',
    GATEWAY_HOST: 'gateway',
  };
  const files = texts().map((each, i) => written(`${i}.yml`, each));
  expect(validated(need(binary, context), files, env)).toBe('');
});

/** `attributes` of one of its two spans; without one the trace is like any other. */
interface Sent {
  name?: string;
  attributes?: Record<string, string | number>;
  event?: string;
  isError?: boolean;
  ms?: number;
}

const kept: Record<string, Sent> = {
  'an error': { isError: true },
  'a wait for a pool': { attributes: { 'pool.wait_reason': 'queue' } },
  'a second attempt': { attributes: { 'retry.attempt': 2 } },
  'a message handled again': { attributes: { 'queue.attempt': 2 } },
  'a policy that repeated its call': { event: 'retry.summary' },
  'a wait in a queue, of a fraction of a millisecond more than whole ones': {
    attributes: { 'queue.wait_ms': 1500.25 },
  },
  'a wait for a socket': { attributes: { 'http.phase.queue_ms': 250 } },
  'an open breaker': { attributes: { 'circuitbreaker.state': 'open' } },
  'an answer from a fallback': { attributes: { 'degraded.mode': 'fallback' } },
  'a death': { name: 'process.died' },
  'a leak': { name: 'pool.leak orders' },
  'a blocked event loop': { name: 'event_loop.blocked' },
  'a slow answer': { ms: 1_200 },
};
const others: Record<string, Sent> = {
  'a first attempt': { attributes: { 'retry.attempt': 1, 'queue.attempt': 1 } },
  'a short wait in a queue': { attributes: { 'queue.wait_ms': 3.5 } },
  'a closed breaker': { attributes: { 'circuitbreaker.state': 'closed' } },
};
const PLAIN = 200;

const hex = (number: number, length: number): string => number.toString(16).padStart(length, '0');
/** The sampler goes by a hash of it. */
const traceIdOf = (number: number): string => `0af7651916cd43dd${hex(number * 7_919 + 1, 16)}`;

function requestOf(sent: readonly Sent[]): string {
  const now = Date.now() - 5_000;
  const nanoseconds = (ms: number): string => `${Math.round(ms)}000000`;
  const spans = sent.flatMap(({ name, attributes = {}, event, isError, ms = 50 }, i) => {
    const traceId = traceIdOf(i);
    const times = { startTimeUnixNano: nanoseconds(now), endTimeUnixNano: nanoseconds(now + ms) };
    const list = Object.entries(attributes).map(([key, value]) => ({
      key,
      value:
        typeof value === 'string'
          ? { stringValue: value }
          : Number.isInteger(value)
            ? { intValue: String(value) }
            : { doubleValue: value },
    }));
    return [
      { traceId, spanId: hex(2 * i + 1, 16), name: 'GET /orders', kind: 2, ...times },
      {
        traceId,
        spanId: hex(2 * i + 2, 16),
        parentSpanId: hex(2 * i + 1, 16),
        name: name ?? 'SELECT orders',
        kind: 3,
        ...times,
        attributes: list,
        events: event ? [{ name: event, timeUnixNano: nanoseconds(now) }] : [],
        status: isError ? { code: 2 } : {},
      },
    ];
  });
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'test' }, spans }] }] });
}

it('the gateway keeps every trace of trouble and few of the others, and counts them all for Jaeger', async (context) => {
  const program = need(binary, context);
  const ports = await Promise.all(Array.from({ length: 9 }, freePort));
  const [otlp, own, rates, gatewayHealth, traces, page, queryHealth, grpc, unused] = ports as number[];
  const prometheus = await startPrometheus(`127.0.0.1:${rates}`);
  stops.push(() => prometheus.stop());

  const query = text('jaeger/query.yml')
    // Neither is OpenSearch to be had.
    .replace(/opensearch:\n(?: {10}.*\n)+/, 'memory: { max_traces: 100000 }\n')
    .replace('0.0.0.0:16686 }', `127.0.0.1:${page} }\n    grpc: { endpoint: 127.0.0.1:${grpc} }`)
    .replace('127.0.0.1:4317', `127.0.0.1:${traces}`)
    .replace('0.0.0.0:13133', `127.0.0.1:${queryHealth}`);
  const url = `http://127.0.0.1:${page}`;
  await start(program, [written('query.yml', query)], { PROMETHEUS_URL: prometheus.url }, page!, `${url}/api/services`);

  const here = {
    receivers: {
      otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${unused}` }, http: { endpoint: `127.0.0.1:${otlp}` } } },
    },
    processors: { tail_sampling: { decision_wait: '1s' } },
    connectors: { spanmetrics: { metrics_flush_interval: '1s' } },
    exporters: { prometheus: { endpoint: `127.0.0.1:${rates}` } },
    extensions: { healthcheckv2: { http: { endpoint: `127.0.0.1:${gatewayHealth}` } } },
    service: {
      telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: own } } } }] } },
    },
  };
  const gateway = [
    fileURLToPath(new URL('collector/gateway.yml', PRODUCTION)),
    written('here.yml', JSON.stringify(here)),
  ];
  const env = { JAEGER_ENDPOINT: `127.0.0.1:${traces}` };
  await start(program, gateway, env, otlp!, `http://127.0.0.1:${gatewayHealth}/status`);

  const plain = Array.from({ length: PLAIN }, (): Sent => ({}));
  const sent = [...Object.values(kept), ...Object.values(others), ...plain];
  const names = [...Object.keys(kept), ...Object.keys(others), ...plain.map((_, i) => `plain ${i}`)];
  const answer = await fetch(`http://127.0.0.1:${otlp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: requestOf(sent),
  });
  expect(answer.status).toBe(200);
  // All were sent at once, and are decided about together.
  const found = await until('the arrival of what is kept', 30_000, async () => {
    const { data } = await read(`${url}/api/traces?service=shop&limit=1000&lookback=1h`);
    const ids = new Set<string>(data.map(({ traceID }: any) => traceID));
    const arrived = names.filter((_, i) => ids.has(traceIdOf(i)));
    const missing = Object.keys(kept).filter((name) => !arrived.includes(name));
    if (missing.length > 0) throw new Error(`missing: ${missing.join('; ')}`);
    return arrived;
  });
  const more = found.filter((name) => !Object.hasOwn(kept, name));
  expect(more.length).toBeGreaterThan(0);
  expect(more.length).toBeLessThan(PLAIN / 5);

  // The rates are of all spans. Jaeger's own page asks so.
  const counted = async (): Promise<number> => {
    const { result } = await prometheus.query('query', { query: 'sum(traces_span_metrics_calls_total)' });
    return Number(result[0]?.value[1] ?? 0);
  };
  await until('the rates of all spans', 30_000, async () => expect(await counted()).toBe(2 * sent.length));
  await until('what Jaeger shows of them', 30_000, async () => {
    const window = `endTs=${Date.now()}&lookback=60000&step=1000&ratePer=60000`;
    const { metrics } = await read(`${url}/api/metrics/calls?service=shop&${window}`);
    expect(metrics.map(({ labels }: any) => labels)).toEqual([[{ name: 'service_name', value: 'shop' }]]);
  });
}, 120_000);

async function start(
  program: string,
  files: readonly string[],
  env: Record<string, string>,
  port: number,
  health: string,
): Promise<void> {
  const room = { port, folder: mkdtempSync(join(tmpdir(), 'foreshock-collector-')), user: undefined };
  const args = files.flatMap((file) => ['--config', file]);
  const ready = async (): Promise<void> => void (await read(health));
  const { stop } = await runBinary(program, args, room, ready, { env: { PATH: process.env['PATH'], ...env } });
  stops.push(stop);
}
