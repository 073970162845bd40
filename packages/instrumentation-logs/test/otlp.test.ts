import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  installed,
  recordSpans,
  runFixture,
  startCollector,
  type Collector,
  type FixtureExit,
} from '@foreshock/testkit';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { logsInstrumentation } from '@foreshock/instrumentation-logs';
import { inTrace, SPAN } from './trace.ts';

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.close());
beforeEach(() => {
  collector.clear();
  collector.respond(undefined);
});

const LOGS = { OTEL_LOGS_EXPORTER: 'otlp' };
const file = (name: string): URL => new URL(`fixtures/${name}`, import.meta.url);
const run = async (name: string, env: Record<string, string>, args: string[] = []): Promise<FixtureExit> =>
  (await runFixture(file(name), { collector, env, args })).exited;

const inSpan = { traceId: SPAN.traceId, spanId: SPAN.spanId, flags: 1 };
const RECORDS = [
  {
    ...inSpan,
    severityNumber: 'SEVERITY_NUMBER_INFO',
    severityText: 'info',
    body: 'placed',
    attributes: { name: 'shop', order: 42, card: '[Redacted]', items: [{ id: 1 }] },
  },
  {
    ...inSpan,
    severityNumber: 'SEVERITY_NUMBER_ERROR',
    severityText: 'error',
    body: 'no such order',
    attributes: {
      name: 'shop',
      'exception.type': 'TypeError',
      'exception.message': 'no such order',
      'exception.stacktrace': 'TypeError: no such order',
      err: { code: 'E1' },
    },
  },
  {
    ...inSpan,
    severityNumber: 'SEVERITY_NUMBER_WARN',
    severityText: 'warn',
    body: 'charged',
    attributes: { card: '-' },
  },
  {
    ...inSpan,
    severityNumber: 'SEVERITY_NUMBER_INFO',
    severityText: 'info',
    body: 'shipped',
    attributes: {
      name: 'shop',
      at: '1970-01-01T00:00:00.000Z',
      // Cut where a cycle has gone round some times.
      cyclic: expect.objectContaining({ order: 42, self: expect.objectContaining({ order: 42 }) }),
    },
  },
  {
    traceId: '',
    spanId: '',
    flags: 0,
    severityNumber: 'SEVERITY_NUMBER_DEBUG',
    severityText: 'debug',
    body: 'alone',
    attributes: { name: 'shop' },
  },
];
const recordsOf = (logs: readonly unknown[]): unknown[] =>
  logs.map((log) => {
    const { traceId, spanId, flags, severityNumber, severityText, body, attributes } = log as any;
    return { traceId, spanId, flags, severityNumber, severityText, body, attributes };
  });

it.each(['http/protobuf', 'http/json'])('a process’s lines arrive as records by %s', async (protocol) => {
  const { code, stderr } = await run('otlp.cjs', { ...LOGS, OTEL_EXPORTER_OTLP_PROTOCOL: protocol });
  expect({ code, stderr, errors: collector.errors }).toEqual({ code: 0, stderr: '', errors: [] });
  expect(recordsOf(collector.logs)).toEqual(RECORDS);
  const [{ scope, resource, timeUnixNano, observedTimeUnixNano }] = collector.logs as any[];
  expect(scope).toBe('@foreshock/instrumentation-logs');
  expect(resource['service.name']).toBe('otlp');
  expect(Math.abs(Number(BigInt(timeUnixNano) / 1_000_000n) - Date.now())).toBeLessThan(600_000);
  expect(observedTimeUnixNano).toBe(timeUnixNano);
});

it('none is sent unless asked for', async () => {
  await run('otlp.cjs', {});
  expect(collector.requests.filter(({ path }) => path === '/v1/logs')).toEqual([]);
});

it('a worker thread’s lines as well', async () => {
  await run('otlp.cjs', LOGS, ['worker']);
  expect(recordsOf(collector.logs)).toEqual(RECORDS);
});

it('the next process sends what a killed one has left', async () => {
  const FORESHOCK_SPOOL_DIR = mkdtempSync(join(tmpdir(), 'logs-'));
  onTestFinished(() => rmSync(FORESHOCK_SPOOL_DIR, { recursive: true }));
  const env = { ...LOGS, FORESHOCK_SPOOL_DIR, OTEL_SERVICE_NAME: 'orders' };
  // The sender has not read it before it has left it on disk.
  collector.respond({ hang: true });
  const first = await runFixture(file('otlp.cjs'), {
    collector,
    env: { ...env, OTEL_BSP_SCHEDULE_DELAY: '0' },
    args: ['stay'],
  });
  await first.ready;
  await collector.waitFor(({ requests }) => requests.length > 0);
  first.kill('SIGKILL');
  await first.exited;
  collector.respond(undefined);
  const next = await runFixture(file('otlp.cjs'), { collector, env, args: ['stay'] });
  await collector.waitFor(({ logs }) => logs.length >= RECORDS.length, { timeoutMs: 30_000 });
  await next.stop();
  expect(recordsOf(collector.logs.slice(0, RECORDS.length))).toEqual(RECORDS);
});

it('a collector that refuses logs only has the spans, and says so once', async () => {
  collector.respond(({ path }) => (path === '/v1/logs' ? { status: 404 } : undefined));
  const { code, stderr } = await run('nest-and-console.cjs', { ...LOGS, FORESHOCK_CONSOLE_JSON: 'true' });
  expect(code).toBe(0);
  expect(stderr.split('\n').filter((line) => line.startsWith('foreshock:'))).toEqual([
    `foreshock: ${collector.url}/v1/logs refused 4 log records: HTTP 404`,
  ]);
  expect(collector.spans.map(({ name }) => name)).toContain('order');
});

it('winston 2: what filters have made of a line, as often as it is written', () => {
  const lines: unknown[] = [];
  const recorded = recordSpans(logsInstrumentation({ sendLine: (line) => void lines.push(line) }));
  const app = installed({ winston: 'winston-2' });
  onTestFinished(() => (recorded.stop(), app.remove()));
  const winston: any = app.require('winston');
  const memory = new winston.Transport({ level: 'info' });
  Object.assign(memory, { name: 'memory', log: (...[, , , done]: any[]) => done(null, true) });
  const log = new winston.Logger({ transports: [memory] });
  log.filters.push((_level: string, msg: string, meta: object) => ({ msg: `${msg}!`, meta: { ...meta, card: '-' } }));
  inTrace(() => log.warn('charged', { card: '4111' }));
  log.debug('below its level');
  log.info('alone');
  const { traceId, spanId, traceFlags } = SPAN;
  const common = {
    timeMs: expect.any(Number),
    scope: { name: '@foreshock/instrumentation-logs', version: expect.any(String) },
  };
  const card = { attributes: { card: '-' } };
  expect(lines).toEqual([
    {
      ...common,
      ...card,
      severityNumber: 13,
      severityText: 'warn',
      body: 'charged!',
      trace: { traceId, spanId, traceFlags },
    },
    { ...common, ...card, severityNumber: 9, severityText: 'info', body: 'alone!', trace: undefined },
  ]);
  expect(log.filters.length).toBe(1);
});

it('Nest’s and the console’s lines, by option', async () => {
  await run('nest-and-console.cjs', { ...LOGS, FORESHOCK_CONSOLE_JSON: 'true' });
  const said = (collector.logs as any[]).map(({ severityText, severityNumber, body, attributes }) => ({
    severity: `${severityText} ${severityNumber}`,
    body,
    attributes,
  }));
  expect(said).toEqual([
    { severity: 'verbose SEVERITY_NUMBER_TRACE', body: 'placed', attributes: { context: 'Orders' } },
    {
      severity: 'error SEVERITY_NUMBER_ERROR',
      body: 'failed',
      attributes: expect.objectContaining({ 'exception.type': 'RangeError', 'exception.message': 'failed' }),
    },
    { severity: 'log SEVERITY_NUMBER_INFO', body: 'placed 42', attributes: {} },
    { severity: 'info SEVERITY_NUMBER_INFO', body: null, attributes: { already: 'json' } },
  ]);
  const order = collector.spans.find(({ name }) => name === 'order')!;
  expect((collector.logs as any[]).map(({ spanId }) => spanId === order.spanId)).toEqual([true, true, true, false]);
});
