import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nodeBinary, plainEnvironment, PRELOAD, runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { VERSION } from '@foreshock/kit';
import { SDK_VERSION } from '../src/version.ts';

const run = promisify(execFile);
const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterEach(() => collector.clear());
afterAll(() => collector.close());

/** Runs a script that makes three spans by the API, and ends. */
function start(env: Record<string, string>, ...nodeArgs: string[]) {
  return run(nodeBinary(24), [...nodeArgs, '--require', PRELOAD, fixture('three-spans.cjs')], {
    // A loaded machine needs longer than the default.
    env: plainEnvironment({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      FORESHOCK_FLUSH_MS: '60000',
      ...env,
    }),
  });
}

/** Of the spans it made; they are below `start <service>`. */
function names(spans: readonly { name: string }[] = collector.spans): string[] {
  return spans
    .map((span) => span.name)
    .filter((name) => !name.startsWith('start '))
    .sort();
}

describe('foreshock/register', () => {
  it('delivers what a short script did, with what it is', async () => {
    const { stdout, stderr } = await start({
      OTEL_SERVICE_NAME: 'short',
      OTEL_RESOURCE_ATTRIBUTES: 'team=night,service.name=no',
      // Time for a loaded machine.
      FORESHOCK_FLUSH_MS: '30000',
    });
    expect([stdout, stderr]).toEqual(['done\n', '']);
    expect(names()).toEqual(['inner', 'other', 'outer']);
    expect(collector.spans[0]!.resource).toMatchObject({
      'service.name': 'short',
      // The fixture is in this package.
      'service.version': VERSION,
      team: 'night',
      'telemetry.distro.name': 'foreshock',
      'telemetry.distro.version': VERSION,
      'telemetry.sdk.version': SDK_VERSION,
      'process.runtime.name': 'nodejs',
      'service.instance.id': expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/),
    });
  });

  it.each([
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, 'application/json'],
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf', OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' },
      'application/x-protobuf',
    ],
  ])('exports by %j', async (env, contentType) => {
    await start({ ...env, OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20b' });
    expect(names()).toEqual(['inner', 'other', 'outer']);
    expect(collector.errors).toEqual([]);
    expect(collector.requests[0]!.headers).toMatchObject({ 'content-type': contentType, 'x-key': 'a b' });
  });

  it('exports to Zipkin and to the console, in one list', async () => {
    const { stdout } = await start({
      OTEL_TRACES_EXPORTER: 'zipkin,console',
      OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${collector.url}/api/v2/spans`,
    });
    expect(names(collector.zipkinSpans as { name: string }[])).toEqual(['inner', 'other', 'outer']);
    expect(collector.spans).toEqual([]);
    expect(stdout.match(/"(?:inner|other|outer)"/g)).toHaveLength(3);
  });

  it('stays silent where it is switched off', async () => {
    for (const env of [
      { OTEL_SDK_DISABLED: 'true' },
      { OTEL_TRACES_EXPORTER: 'none' },
      { OTEL_TRACES_SAMPLER: 'always_off' },
    ]) {
      const { stdout, stderr } = await start(env as unknown as Record<string, string>);
      expect([stdout, stderr]).toEqual(['done\n', '']);
    }
    expect(collector.requests).toEqual([]);
  });

  it('keeps the limits it is given', async () => {
    await start({
      OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3',
      OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '2',
      OTEL_SPAN_EVENT_COUNT_LIMIT: '1',
    });
    const other = collector.spans.find((span) => span.name === 'other')!;
    expect(other.attributes).toEqual({ a: 'lon', b: 2 });
    expect(other.events).toHaveLength(1);
    expect(other.dropped).toMatchObject({ attributes: 1, events: 1 });
  });

  it('answers each wrong value with one line, and runs on', async () => {
    const { stdout, stderr } = await start({ OTEL_TRACES_SAMPLER: 'sometimes', OTEL_BSP_SCHEDULE_DELAY: 'soon' });
    expect(stdout).toBe('done\n');
    expect(stderr.trim().split('\n').sort()).toEqual([
      expect.stringMatching(
        /^foreshock: OTEL_BSP_SCHEDULE_DELAY="soon" is not a whole number of 0 or more, 5000 is used$/,
      ),
      expect.stringMatching(
        /^foreshock: OTEL_TRACES_SAMPLER="sometimes" is none of .*, parentbased_always_on is used$/,
      ),
    ]);
    expect(names()).toEqual(['inner', 'other', 'outer']);
    expect((await start({ OTEL_TRACES_SAMPLER: 'sometimes', OTEL_LOG_LEVEL: 'none' })).stderr).toBe('');
  });

  it('samples by ratio of the trace, children as their parent', async () => {
    await start({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' });
    expect(collector.spans).toEqual([]);
  });

  it('shows what a breaker written by hand decided', async () => {
    await run(nodeBinary(24), ['--require', PRELOAD, fixture('breaker.mjs')], {
      env: plainEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }),
    });
    const spans = await collector.waitForSpans(4);
    const order = spans.find((span) => span.name === 'order')!;
    expect(spans.find((span) => span.kind === 'CLIENT')).toMatchObject({
      parentSpanId: order.spanId,
      attributes: { 'circuitbreaker.name': 'payments', 'circuitbreaker.state': 'closed' },
    });
    expect(spans.find((span) => span.name === 'breaker payments open')).toMatchObject({
      parentSpanId: order.spanId,
      attributes: { 'circuitbreaker.name': 'payments', 'circuitbreaker.state': 'open' },
    });
  });

  it('exports metrics when asked to, with what it dropped and refused', async () => {
    await start(
      { OTEL_METRICS_EXPORTER: 'otlp', OTEL_TRACES_EXPORTER: 'none' },
      '--require',
      fixture('hostile-header.cjs'),
    );
    const refused = collector.metrics.find((metric) => metric.name === 'foreshock.propagation.rejected');
    expect(refused?.points).toMatchObject([{ attributes: { reason: 'traceparent.malformed' }, value: 1 }]);
  });

  it('lets the application run untraced on a Node that is too old', async () => {
    const { stdout, stderr } = await start({}, '--require', fixture('old-node.cjs'));
    expect(stdout).toBe('done\n');
    expect(stderr).toBe('foreshock: Node.js 20.19.0 is older than 22.15, the application runs untraced\n');
    expect(collector.spans).toEqual([]);
  });

  it('lets the application run untraced without the API beside it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foreshock-alone-'));
    try {
      for (const file of ['register.cjs', 'preload.cjs']) cpSync(join(dirname(PRELOAD), file), join(folder, file));
      const { stdout, stderr } = await run(
        nodeBinary(24),
        ['--require', './register.cjs', '-e', 'console.log("runs")'],
        {
          cwd: folder,
        },
      );
      expect(stdout).toBe('runs\n');
      expect(stderr).toBe(
        "foreshock: could not start, the application runs untraced: Cannot find module '@opentelemetry/api'\n",
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('does nothing the second time', async () => {
    const { stderr } = await start({}, '--require', PRELOAD, '--import', PRELOAD);
    expect(stderr).toBe('');
    expect(names()).toEqual(['inner', 'other', 'outer']);
  });

  it('says once that no backend answers, and ends the process no later', async () => {
    const { stdout, stderr } = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
    expect(stdout).toBe('done\n');
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringContaining('http://127.0.0.1:1/v1/traces cannot be reached'),
    ]);
  });

  it('says that no backend takes metrics, and ends all the same', async () => {
    const env = {
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      FORESHOCK_FLUSH_MS: '200',
    };
    const { stdout, stderr } = await start(env, '--require', fixture('hostile-header.cjs'));
    expect(stdout).toBe('done\n');
    expect(stderr).toContain('metrics were not delivered within 200 ms at the end of the process');
  });

  it('says once that a backend takes no metrics, which it may for spans', async () => {
    collector.respond(({ path }) => (path === '/v1/metrics' ? { status: 404 } : undefined));
    const env = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_METRIC_EXPORT_INTERVAL: '200' };
    const app = await runFixture(new URL('fixtures/waits.cjs', import.meta.url), { collector, env });
    await app.ready;
    const refused = (): number => collector.requests.filter(({ path }) => path === '/v1/metrics').length;
    await collector.waitFor(() => refused() > 2, { timeoutMs: 60_000 });
    collector.respond(undefined);
    const again = `foreshock: ${collector.url}/v1/metrics takes metrics again`;
    expect(await app.waitForLine('stderr', (line) => line.includes('again'))).toBe(again);
    const { stderr } = await app.stop();
    expect(stderr).toBe(`foreshock: ${collector.url}/v1/metrics takes no metrics (404)\n${again}\n`);
  });

  it('exports metrics of worker threads as series of their own', async () => {
    const env = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_TRACES_EXPORTER: 'none', FORESHOCK_FLUSH_MS: '60000' };
    const app = await runFixture(new URL('fixtures/counting-worker.cjs', import.meta.url), { collector, env });
    expect(await app.exited).toMatchObject({ code: 0, stderr: '' });
    const points = collector.metrics.filter(({ name }) => name === 'app.jobs').flatMap((metric) => metric.points);
    expect(points.toSorted((one, other) => Number(one.value) - Number(other.value))).toMatchObject([
      { attributes: { 'foreshock.worker': 1 }, value: 1 },
      { attributes: {}, value: 2 },
    ]);
  });

  it('gives metrics the time-out and the protocol of metrics, however short the end may be', async () => {
    const app = await runFixture(new URL('fixtures/waits.cjs', import.meta.url), {
      collector,
      env: {
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_METRIC_EXPORT_INTERVAL: '3000',
        OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json',
        FORESHOCK_FLUSH_MS: '1',
      },
    });
    await app.ready;
    const { requests } = collector;
    await collector.waitFor(() => requests.some(({ path }) => path === '/v1/metrics'), { timeoutMs: 60_000 });
    const { stderr } = await app.stop();
    expect(requests.find(({ path }) => path === '/v1/metrics')!.headers['content-type']).toBe('application/json');
    expect(stderr).not.toContain('timed out');
  });

  it('keeps the propagators while the SDK is disabled', async () => {
    const script = `
      const { context, propagation, ROOT_CONTEXT, trace } = require('@opentelemetry/api');
      const span = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 };
      context.with(trace.setSpanContext(ROOT_CONTEXT, span), () => {
        const carrier = {};
        propagation.inject(context.active(), carrier);
        console.log(JSON.stringify(carrier));
      });
      trace.getTracer('t').startSpan('s').end();`;
    const { stdout } = await run(nodeBinary(24), ['--require', PRELOAD, '-e', script], {
      env: plainEnvironment({
        OTEL_SDK_DISABLED: 'true',
        OTEL_PROPAGATORS: 'b3',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      }),
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    });
    expect(JSON.parse(stdout)).toEqual({ b3: `${'1'.repeat(32)}-${'2'.repeat(16)}-1` });
    expect(collector.spans).toEqual([]);
  });

  it('names the versions it was built from', () => {
    const read = (path: string) => JSON.parse(readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8'));
    const manifest = read('../package.json');
    expect(VERSION).toBe(manifest.version);
    expect(SDK_VERSION).toBe(manifest.devDependencies['@opentelemetry/sdk-trace']);
  });
});
