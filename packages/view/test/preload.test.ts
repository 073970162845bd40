import { runFixture } from '@foreshock/testkit';
import { expect, it } from 'vitest';
import { startViewer } from './viewer.ts';

const APP = new URL('fixtures/shop.mjs', import.meta.url);

it.each([
  ['OTLP', (url: string) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url })],
  [
    'Zipkin',
    (url: string) => ({
      OTEL_TRACES_EXPORTER: 'zipkin',
      OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${url}/api/v2/spans`,
    }),
  ],
])('shows what the preload sends by %s', async (_, env) => {
  const viewer = await startViewer();
  const app = await runFixture(APP, { env: { OTEL_SERVICE_NAME: 'shop', ...env(viewer.url) } });
  expect(await app.exited).toMatchObject({ code: 0, stderr: '' });
  const { traces } = await viewer.api('traces?q=name:"GET /orders/:id"');
  expect(traces).toMatchObject([{ service: 'shop', spans: 3, errors: 0, services: ['shop'] }]);
  const { spans, criticalPath } = await viewer.trace(traces[0].traceId);
  expect(spans).toMatchObject([
    { kind: 1, name: 'start shop', parentId: null },
    { kind: 3, parentId: spans[0].spanId, attributes: { 'http.response.status_code': 200 } },
    { kind: 2, name: 'GET /orders/:id', parentId: spans[1].spanId, attributes: { 'http.route': '/orders/:id' } },
  ]);
  expect(criticalPath.length).toBeGreaterThan(0);
});

it("shows what OpenTelemetry's Zipkin exporter sends", async () => {
  const viewer = await startViewer();
  const app = await runFixture(new URL('fixtures/zipkin.cjs', import.meta.url), {
    preload: 'none',
    env: { ZIPKIN: `${viewer.url}/api/v2/spans` },
  });
  expect(await app.exited).toMatchObject({ code: 0, stderr: '' });
  expect((await viewer.api('traces')).traces).toMatchObject([{ service: 'upstream', name: 'parent', spans: 2 }]);
});
