import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runFixture, shows, startCollector, versionOf, type Collector, type FixtureOptions } from '@foreshock/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { installed, PINOS, type Installed } from './installed.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const FIXTURES = new URL('./fixtures/', import.meta.url);

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.close());
beforeEach(() => collector.clear());

const get = async (port: number, path: string, headers: Record<string, string>): Promise<void> => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
  expect(response.status).toBe(200);
  await response.text();
};
const sampled = { traceparent: `00-${TRACE}-b7ad6b7169203331-03` };
const recordsOf = (lines: readonly string[]): Record<string, unknown>[] =>
  lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
const fileRecords = (path: string): Record<string, unknown>[] => recordsOf(readFileSync(path, 'utf8').split('\n'));

describe('a service under the preload', () => {
  const apps = new Map<string, Installed>();
  beforeAll(() => {
    for (const alias of PINOS) apps.set(alias, installed(alias));
    return () => apps.forEach((app) => app.remove());
  });

  it.each<[(typeof PINOS)[number], 'cjs' | 'mjs', NonNullable<FixtureOptions['preload']>, 22 | 24 | 26]>([
    ['pino', 'cjs', 'require', 24],
    ['pino', 'cjs', 'import', 24],
    ['pino', 'mjs', 'require', 24],
    ['pino', 'mjs', 'import', 24],
    ['pino', 'cjs', 'require', 22],
    ['pino', 'mjs', 'import', 22],
    ['pino', 'cjs', 'require', 26],
    ['pino', 'mjs', 'import', 26],
    ['pino-9', 'mjs', 'import', 24],
    ['pino-9', 'cjs', 'require', 24],
    ['pino-8', 'mjs', 'import', 24],
    ['pino-8', 'cjs', 'require', 24],
    ['pino-8-0', 'cjs', 'require', 24],
  ])('%s, %s, --%s, Node %i: lines, a child and worker transports', async (alias, format, preload, node) => {
    shows('pino', [format === 'mjs' ? 'ESM' : 'CJS'], versionOf(alias));
    const { add, folder } = apps.get(alias)!;
    const run = `${format}-${preload}-${node}`;
    const [archive, shouted] = [join(folder, `${run}.log`), join(folder, `${run}-shouted.log`)];
    add(new URL('transport.mjs', FIXTURES));
    const app = await runFixture(add(new URL(`service.${format}`, FIXTURES)), {
      preload,
      node,
      collector,
      env: { ARCHIVE: archive, SHOUTED: shouted },
    });
    const { port } = await app.ready;
    await get(port, '/one', { ...sampled, 'x-trace-id': 'order-42' });
    await get(port, '/two', { traceparent: `00-${TRACE}-b7ad6b7169203331-00` });
    await get(port, '/three', { 'x-trace-id': '1af76519-16cd-43dd-8448-eb211c80319c' });
    const spans = await collector.waitForSpans((all) => all.filter(({ kind }) => kind === 'SERVER').length === 2);
    app.send('stop');
    const { code, stderr } = await app.exited;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

    const [one, three] = [TRACE, '1af7651916cd43dd8448eb211c80319c'].map((traceId) => {
      const { spanId } = spans.find((span) => span.traceId === traceId && span.kind === 'SERVER')!;
      return {
        trace_id: traceId,
        span_id: spanId,
        trace_flags: traceId === TRACE ? '03' : expect.stringMatching(/^0[13]$/),
      };
    });
    const inOne = { ...one, x_trace_id: 'order-42' };
    const inTwo = { trace_id: TRACE, span_id: expect.stringMatching(/^[0-9a-f]{16}$/), trace_flags: '00' };
    const inThree = { ...three, x_trace_id: '1af76519-16cd-43dd-8448-eb211c80319c' };
    const time = expect.any(Number);
    expect(recordsOf(app.lines('stdout'))).toEqual([
      { level: 30, time, msg: 'starting' },
      { level: 30, time, msg: 'asked', ...inOne },
      { level: 40, time, path: '/one', items: 3, msg: 'after an await', ...inOne },
      { level: 30, time, msg: 'asked', ...inTwo },
      { level: 40, time, path: '/two', items: 3, msg: 'after an await', ...inTwo },
      { level: 30, time, msg: 'asked', ...inThree },
      { level: 40, time, path: '/three', items: 3, msg: 'after an await', ...inThree },
    ]);
    const archivedAs = (msg: string): object[] =>
      [inOne, inTwo, inThree].map((fields) => Object.assign({ level: 30, time, items: 3, msg }, fields));
    expect(fileRecords(archive)).toEqual(archivedAs('to the archive'));
    expect(fileRecords(shouted)).toEqual(archivedAs('TO THE ARCHIVE'));
  });
});

it.each(['fastify.mjs', 'pino-http.cjs'])('every line of a request, %s: those of the framework too', async (file) => {
  const app = await runFixture(new URL(file, FIXTURES), { collector });
  const { port } = await app.ready;
  await get(port, '/orders/42', sampled);
  const [span] = await collector.waitForSpans(1);
  await app.waitForLine('stdout', (line) => line.includes('request completed'));
  const records = recordsOf(app.lines('stdout'));
  // Fastify writes 'Server listening' when it likes, before the first request or beside it.
  const isListening = ({ msg }: { msg?: string }): boolean => msg?.startsWith('Server listening') === true;
  expect(records.filter((record) => isListening(record) && 'trace_id' in record)).toEqual([]);
  expect(
    records
      .filter((record) => !isListening(record))
      .map(({ msg, trace_id, span_id, trace_flags }) => ({ msg, trace_id, span_id, trace_flags })),
  ).toEqual(
    [...(file === 'fastify.mjs' ? ['incoming request'] : []), 'looking', 'found', 'request completed'].map((msg) => ({
      msg,
      trace_id: TRACE,
      span_id: span!.spanId,
      trace_flags: '03',
    })),
  );
  await app.stop();
});

it("makes no spans where upstream's instrumentation does, logs that, and adds what it lacks", async () => {
  const app = await runFixture(new URL('upstream.cjs', FIXTURES), { collector, env: { OTEL_LOG_LEVEL: 'info' } });
  const { port } = await app.ready;
  await get(port, '/', { ...sampled, 'x-trace-id': 'order-42' });
  const [span] = await collector.waitForSpans(1);
  await app.waitForLine('stdout', (line) => line.includes('asked'));
  expect(recordsOf(app.lines('stdout'))).toEqual([
    {
      level: 30,
      time: expect.any(Number),
      traceId: TRACE,
      spanId: span!.spanId,
      traceFlags: '03',
      msg: 'asked',
      x_trace_id: 'order-42',
    },
  ]);
  const { stdout, stderr } = await app.stop();
  expect(
    `${stdout}${stderr}`.match(/pino is instrumented by @opentelemetry\/instrumentation-pino, ours makes no spans/g),
  ).toHaveLength(1);
});
