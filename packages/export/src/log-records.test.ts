import { expect, it, onTestFinished } from 'vitest';
import { OWN_SCOPE, ownSpan } from './own-span.ts';
import { SpanPipeline } from './pipeline.ts';

const unreachable = 'http://127.0.0.1:9/v1/';

it('log records displace no spans while nothing can be delivered', () => {
  const pipeline = new SpanPipeline({
    destinations: [
      { kind: 'otlp', url: `${unreachable}traces` },
      { kind: 'otlp', signal: 'logs', url: `${unreachable}logs` },
    ],
    resource: { 'service.name': 'orders' },
    spoolBytes: 1 << 20,
  });
  onTestFinished(() => pipeline.link.close());
  const log = { timeMs: 1, severityNumber: 9, severityText: 'info', body: 'x'.repeat(1_000) };
  for (let i = 0; i < 2_000; i++) pipeline.onLog({ ...log, attributes: {}, trace: undefined, scope: OWN_SCOPE });
  for (let i = 0; i < 200; i++) pipeline.onEnd(ownSpan({ name: 'order', startMs: 1, endMs: 2, attributes: {} }));
  expect([...pipeline.dropped]).toEqual([]);
  expect(pipeline.droppedLogs.get('spool_full')).toBeGreaterThan(1_000);
  expect(pipeline.droppedLogs.get('spool_full')).toBeLessThan(1_800);
});
