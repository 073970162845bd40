import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  runFixture,
  startCollector,
  startPostgres,
  type Collector,
  type Postgres,
  type ReceivedSpan,
} from '@foreshock/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
let collector: Collector;
let postgres: Postgres;
const installs: string[] = [];

beforeAll(async () => {
  [collector, postgres] = await Promise.all([startCollector(), startPostgres()]);
});
afterAll(async () => {
  for (const folder of installs) rmSync(folder, { recursive: true, force: true });
  await Promise.all([collector.close(), postgres.stop()]);
});

/**
 * The example, with Foreshock's packages as they are published, where `@opentelemetry/*` is found in
 * `test/sdk-2/node_modules`: what an application on the SDK's 2.x line has.
 */
function installedWithSdk2(): URL {
  const folder = mkdtempSync(join(root, 'test/sdk-2/.install-'));
  installs.push(folder);
  mkdirSync(join(folder, 'node_modules/@foreshock'), { recursive: true });
  const { dependencies } = JSON.parse(readFileSync(join(root, 'packages/foreshock/package.json'), 'utf8'));
  for (const name of ['foreshock', ...Object.keys(dependencies)]) {
    const source = join(root, 'packages', name.replace('@foreshock/', ''));
    const target = join(folder, 'node_modules', name);
    mkdirSync(target);
    cpSync(join(source, 'package.json'), join(target, 'package.json'));
    cpSync(join(source, 'dist'), join(target, 'dist'), { recursive: true });
  }
  for (const file of ['server.mjs', 'package.json']) cpSync(join(root, 'examples/node-sdk', file), join(folder, file));
  // With the processors that OTEL_LOGS_EXPORTER asks for.
  const tracing = readFileSync(join(root, 'examples/node-sdk/tracing.mjs'), 'utf8');
  writeFileSync(join(folder, 'tracing.mjs'), tracing.replace('  logRecordProcessors: [],\n', ''));
  symlinkSync(join(root, 'test/sdk-2/node_modules/@opentelemetry'), join(folder, 'node_modules/@opentelemetry'));
  return new URL(`file://${folder}/`);
}

describe.each([
  ['3.x', () => new URL('../examples/node-sdk/', import.meta.url)],
  ['2.x', installedWithSdk2],
])('NodeSDK %s', (line, where) => {
  it('has one trace of upstream’s HTTP spans and our waits and queries, with x-trace-id through all', async () => {
    const folder = where();
    const app = await runFixture(new URL('server.mjs', folder), {
      preload: 'none',
      nodeArgs: ['--import', './tracing.mjs'],
      cwd: folder,
      collector,
      env: {
        PORT: '0',
        DATABASE_URL: postgres.url,
        OTEL_SERVICE_NAME: `node-sdk ${line}`,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_BSP_SCHEDULE_DELAY: '50',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'otlp',
      },
    });
    const { port } = await app.ready;
    const own = (spans: readonly ReceivedSpan[]) =>
      spans.filter((span) => span.resource['service.name'] === `node-sdk ${line}`);
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        fetch(`http://127.0.0.1:${port}/now`, { headers: { 'x-trace-id': `order-${i}` } }),
      ),
    );
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 6 }, () => 200));
    expect(answers.map((answer) => answer.headers.get('x-trace-id'))).toEqual(
      Array.from({ length: 6 }, (_, i) => `order-${i}`),
    );
    const spans = own(
      await collector.waitForSpans((all) => own(all).filter((span) => span.kind === 'SERVER').length >= 6),
    );
    const servers = spans.filter((span) => span.kind === 'SERVER');
    expect(servers).toHaveLength(6);
    for (const server of servers) {
      expect(server.scope).toBe('@opentelemetry/instrumentation-http');
      expect(server.attributes['x_trace_id']).toMatch(/^order-\d$/);
      // A trace of its own making: no parent that nobody has.
      expect(server.parentSpanId).toBe('');
      const children = spans.filter((span) => span.parentSpanId === server.spanId);
      const queries = children.filter((span) => span.kind === 'CLIENT');
      expect(queries).toMatchObject([
        { name: 'SELECT', scope: '@foreshock/instrumentation-db', traceId: server.traceId },
      ]);
      expect(children.filter((span) => span.name.startsWith('pool.acquire'))).toHaveLength(1);
      for (const child of children) expect(child.attributes['x_trace_id']).toBe(server.attributes['x_trace_id']);
    }
    const logged = app
      .lines('stdout')
      .flatMap((text) => (text.includes('asked the database') ? [JSON.parse(text)] : []));
    expect(logged.map((entry) => entry.trace_id).sort()).toEqual(servers.map((server) => server.traceId).sort());
    expect(logged.map((entry) => entry.x_trace_id).sort()).toEqual(Array.from({ length: 6 }, (_, i) => `order-${i}`));
    expect(app.lines('stderr').filter((text) => /error|warn/i.test(text))).toEqual([]);
    await app.stop();
    const sent = (collector.logs as any[]).filter(({ resource }) => resource['service.name'] === `node-sdk ${line}`);
    const asked = sent.filter(({ body }) => body === 'asked the database');
    // The example sends no lines.
    expect(asked.map(({ traceId }) => traceId).toSorted()).toEqual(
      line === '3.x' ? [] : servers.map(({ traceId }) => traceId).toSorted(),
    );
  });
});
