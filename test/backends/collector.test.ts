import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePort, runFixture } from '@foreshock/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { jaegerBinary } from './jaeger.ts';
import { Unavailable, until } from './obtain.ts';

it('a real collector takes log records with their trace, and metrics of a worker thread', async (context) => {
  const binary = await jaegerBinary().catch((error: unknown) => {
    if (error instanceof Unavailable && !(error.expected && process.env['CI'])) return context.skip(error.message);
    throw error;
  });
  const port = await freePort();
  const config = fileURLToPath(new URL('collector.yaml', import.meta.url));
  const collector = spawn(binary, ['--config', config], {
    env: { PATH: process.env['PATH'], COLLECTOR_OTLP_PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void collector.kill());
  let received = '';
  collector.stderr.setEncoding('utf8').on('data', (text: string) => (received += text));
  const url = `http://127.0.0.1:${port}`;
  await until('the start of the collector', 60_000, async () => {
    await fetch(url);
  });
  const app = await runFixture(new URL('fixtures/logs-and-metrics.cjs', import.meta.url), {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_SERVICE_NAME: 'shop',
    },
  });
  expect(await app.exited).toMatchObject({ code: 0, stderr: '' });
  await until('the records', 20_000, async () => {
    for (const part of [
      'service.name: Str(shop)',
      'SeverityText: info',
      'Body: Str(placed)',
      'order: Int(42)',
      'Trace ID: 0af7651916cd43dd8448eb211c80319c',
      'Span ID: b7ad6b7169203331',
      'Name: app.jobs',
      'foreshock.worker: Int(1)',
    ]) {
      if (!received.includes(part)) throw new Error(`no ${part} in\n${received.slice(-5_000)}`);
    }
  });
});
