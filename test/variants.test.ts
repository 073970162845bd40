import { runFixture, startCollector, startPostgres, type Collector, type Postgres } from '@foreshock/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let collector: Collector;
let postgres: Postgres;
beforeAll(async () => {
  [collector, postgres] = await Promise.all([startCollector(), startPostgres()]);
});
afterAll(() => Promise.all([collector.close(), postgres.stop()]));

describe.each([22, 24, 26] as const)('Node %s', (node) => {
  describe.each(['shop.cjs', 'shop.mjs'])('%s', (file) => {
    it.each(['require', 'import'] as const)('by --%s has one trace from request to log line', async (preload) => {
      const service = `${node} ${file} ${preload}`;
      const app = await runFixture(new URL(`./fixtures/${file}`, import.meta.url), {
        preload,
        node,
        collector,
        env: {
          DATABASE_URL: postgres.url,
          OTEL_SERVICE_NAME: service,
          OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
        },
      });
      const { port } = await app.ready;
      const traceId = '0af7651916cd43dd8448eb211c80319c';
      const answer = await fetch(`http://127.0.0.1:${port}/orders/7?token=secret`, {
        headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01`, 'x-trace-id': 'checkout-42' },
      });
      expect(await answer.json()).toEqual({ id: 7, stock: { left: 3 } });
      expect(answer.headers.get('x-trace-id')).toBe('checkout-42');
      const exit = await app.stop();
      expect(exit).toMatchObject({ code: 0, signal: null, stderr: '' });

      const spans = collector.spans.filter((span) => span.resource['service.name'] === service);
      const byName = new Map(spans.map((span) => [span.name, span]));
      expect([...byName.keys()].sort()).toEqual(
        ['GET', 'GET /orders/:id', 'GET /stock/:item', 'SELECT', `pool.acquire ${postgres.database}`].sort(),
      );
      expect(spans).toHaveLength(5);
      for (const span of spans) {
        expect(span).toMatchObject({
          traceId,
          status: { code: 'UNSET' },
          attributes: { x_trace_id: 'checkout-42' },
          resource: {
            'deployment.environment.name': 'test',
            'telemetry.distro.name': 'foreshock',
            'telemetry.sdk.language': 'nodejs',
          },
        });
      }
      const order = byName.get('GET /orders/:id')!;
      const call = byName.get('GET')!;
      expect(order.parentSpanId).toBe('b7ad6b7169203331');
      expect(call).toMatchObject({ kind: 'CLIENT', parentSpanId: order.spanId });
      expect(byName.get('GET /stock/:item')).toMatchObject({ kind: 'SERVER', parentSpanId: call.spanId });
      expect(byName.get('SELECT')).toMatchObject({ kind: 'CLIENT', parentSpanId: order.spanId });
      expect(byName.get(`pool.acquire ${postgres.database}`)).toMatchObject({ parentSpanId: order.spanId });

      const lines = app.lines('stdout').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
      expect(lines).toMatchObject([
        { msg: 'stock asked', trace_id: traceId, span_id: byName.get('GET /stock/:item')!.spanId },
        { msg: 'order read', trace_id: traceId, span_id: order.spanId, trace_flags: '01', x_trace_id: 'checkout-42' },
      ]);
    });
  });
});
