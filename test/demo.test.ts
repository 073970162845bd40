import { readdirSync } from 'node:fs';
import { startCollector, type Collector, type ReceivedSpan } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFailed, test } from 'vitest';
import { Demo, FULL, stillRunning } from './fixtures/demo.ts';
import { serversForDemo, type ServersForDemo } from './fixtures/demo-servers.ts';

let demo: Demo;
let collector: Collector;
let servers: ServersForDemo;

beforeAll(async () => {
  servers = await serversForDemo();
});
afterAll(() => servers?.stop());
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(async () => {
  demo?.remove();
  await collector.close();
});

function start(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): void {
  demo = new Demo(args, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env });
  onTestFailed(() => console.log(demo.output));
}

/** Lets it come to its end; gives its sections, and the trace that it showed as the collector has it. */
async function outcome(): Promise<{ waterfall: string; words: string; logs: string; trace: ReceivedSpan[] }> {
  await demo.printed('The incident');
  const pids = demo.descendants();
  const exit = await demo.exited;
  if (exit.code !== 0) throw new Error(`ended with ${exit.code ?? exit.signal}\n${demo.output}`);
  expect(await stillRunning(pids)).toEqual([]);
  expect(readdirSync(demo.temporary)).toEqual([]);

  const { output } = demo;
  expect(output).not.toContain('\x1b');
  for (const phase of ['calm', 'slow report', 'callers wait', 'recovery']) expect(output).toContain(phase);
  const traceId = /The worst of \d+ checkouts, trace ([0-9a-f]{32})/.exec(output)?.[1];
  const [, waterfall, logs, jaeger, explained] = output.split(
    /The worst of|What the services logged|In Jaeger|What `foreshock explain` says of it/,
  );
  // How sure it is depends on how busy the machine is.
  expect(explained!.split('\ntraces')[0]).toMatch(
    /^\s+(?:SHOWN|LIKELY|UNCLEAR)\s[\s\S]*`GET \/report` kept the\s+connections/,
  );
  expect(explained!.split('\n').slice(-4).join('\n')).toMatch(/ npx foreshock view \S+\s*$/);
  expect(jaeger).toContain(`http://127.0.0.1:16686/trace/${traceId}`);
  const spans = await collector.waitForSpans((all) => all.some((span) => span.traceId === traceId));
  const trace = spans.filter((span) => span.traceId === traceId);
  const ids = new Set(['', ...trace.map(({ spanId }) => spanId)]);
  expect(trace.filter(({ parentSpanId }) => !ids.has(parentSpanId))).toEqual([]);
  return { waterfall: waterfall!, words: waterfall!.replaceAll(/\s*[│├└]?\s+/g, ' '), logs: logs!, trace };
}

function servicesOf(trace: readonly ReceivedSpan[]): unknown[] {
  return [...new Set(trace.map(({ resource }) => resource['service.name']))].toSorted();
}

/** What both profiles show. */
const ROWS = [
  /gateway +POST \/checkout +▇+/,
  /orders .*POST \/orders +▇+/,
  /orders .*pool\.acquire orders \(api\) +▒+ +\d+ \d{3} ms/,
  /orders .*INSERT orders/,
  /orders .*send payments/,
  /worker .*process payments/,
  /worker .*breaker payments open .*✗/,
  /worker .*POST → 200 +▒+▇+/,
  /payments .*POST \/charges/,
];
const WORDS = [
  /Paid after [\d ]+ ms, at the (second|third|fourth|fifth|sixth) attempt: \d refused by payments, \d by the breaker[.,]/,
  /Breaker payments: closed → open → half-open [\d ]+ ms later → .*closed [\d. ]+ ms later\. \d+ calls not made\./,
  /Retries: \d+ attempts after a first one/,
  /waited \d \d{3} ms for a connection of pool orders \(api\) \(5\/5 used, \d+ waiting\); held by GET \/report: SELECT orders, \d \d{3} ms/,
  /waited [\d .]+ ms in queue payments/,
  /attempt \d of 6(, after [\d ]+ ms)?; breaker payments open: the call was not made/,
];
/** What they show of a checkout that had the breaker's probe. Which one that is, is chance. */
const PROBE = [
  /by the breaker, then its probe\./,
  /breaker payments: .*half-open → (closed|open)/,
  /attempt \d of 6, after [\d ]+ ms; breaker payments half-open: its probe/,
];
const hasProbe = (trace: readonly ReceivedSpan[]): boolean =>
  trace.some(({ kind, attributes }) => kind === 'CLIENT' && attributes['circuitbreaker.state'] === 'half_open');

test('plays the incident, shows the worst trace and the logs joined to it, and leaves nothing behind', async () => {
  start();
  const { waterfall, words, logs, trace } = await outcome();
  for (const row of [...ROWS, /orders .*SELECT products/]) expect(waterfall).toMatch(row);
  for (const part of [...WORDS, ...(hasProbe(trace) ? PROBE : [])]) expect(words).toMatch(part);
  for (const line of [
    /gateway +info +checkout answered/,
    /orders +info +order stored/,
    /worker +warn +not charged: Breaker is open/,
    /worker +info +order paid/,
    /payments +info +charged/,
  ]) {
    expect(logs).toMatch(line);
  }
  expect(servicesOf(trace)).toEqual(['gateway', 'orders', 'payments', 'worker']);
}, 90_000);

test('with the full profile: the same incident through Redis, BullMQ and RabbitMQ, in one trace', async () => {
  start(FULL, servers.own);
  const { waterfall, words, logs, trace } = await outcome();
  for (const row of [
    ...ROWS,
    /orders .*GET prices:\* → (hit|miss)/,
    /orders .*send orders → order\.placed/,
    /warehouse .*process warehouse/,
    /mailer .*process confirmations/,
    /worker .*send receipts/,
    /mailer .*process receipts/,
  ]) {
    expect(waterfall).toMatch(row);
  }
  for (const part of [
    ...WORDS,
    ...(hasProbe(trace) ? PROBE : []),
    /Cache: \d+ of \d+ lookups hit; \d+ stampedes?, up to \d+ callers missing prices:\* at a time\./,
    /one of \d+ callers that missed it at a time: a stampede/,
    /waited [\d .]+ ms in queue warehouse/,
  ]) {
    expect(words).toMatch(part);
  }
  for (const line of [/warehouse +info +goods set aside/, /mailer +info +receipt mailed/]) expect(logs).toMatch(line);

  expect(servicesOf(trace)).toEqual(['gateway', 'mailer', 'orders', 'payments', 'warehouse', 'worker']);
  const kindOf = (kind: string, system: string): ReceivedSpan[] =>
    trace.filter((span) => span.kind === kind && span.attributes['messaging.system'] === system);
  for (const [system, jobs] of Object.entries({ 'pg-boss': [1], bullmq: [1, 2], rabbitmq: [2] })) {
    expect(kindOf('PRODUCER', system)).toHaveLength(1);
    const handled = kindOf('CONSUMER', system);
    // The mail server turns one receipt in ten away once.
    expect(jobs).toContain(handled.length);
    for (const { attributes } of handled) {
      expect(attributes).toMatchObject({ 'queue.wait_ms': expect.any(Number), 'queue.attempt': expect.any(Number) });
    }
  }
  expect(trace.map(({ attributes }) => attributes['cache.hit'])).toContainEqual(expect.any(Boolean));
  expect(trace.map(({ attributes }) => attributes['circuitbreaker.state'])).toContain('open');
}, 120_000);
