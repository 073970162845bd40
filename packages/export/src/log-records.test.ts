import { startCollector } from '@foreshock/testkit';
import { expect, it, onTestFinished } from 'vitest';
import type { LogRecord } from './log-record.ts';
import { OWN_SCOPE, ownSpan } from './own-span.ts';
import { SpanPipeline, type PipelineOptions } from './pipeline.ts';
import { WorkerPipeline } from './worker-pipeline.ts';

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
  for (let i = 0; i < 2_000; i++) pipeline.onLog({ ...log, body: 'x'.repeat(1_000) });
  for (let i = 0; i < 200; i++) pipeline.onEnd(span());
  expect([...pipeline.dropped]).toEqual([]);
  expect(pipeline.droppedLogs.get('spool_full')).toBeGreaterThan(1_000);
  expect(pipeline.droppedLogs.get('spool_full')).toBeLessThan(1_800);
});

const log: LogRecord = {
  timeMs: 1,
  severityNumber: 9,
  severityText: 'info',
  body: 'placed',
  attributes: {},
  trace: undefined,
  scope: OWN_SCOPE,
};
const span = (): ReturnType<typeof ownSpan> => ownSpan({ name: 'order', startMs: 1, endMs: 2, attributes: {} });

/** Whose log records wait for ever. */
async function startWithoutLogs(maxQueueSize?: number) {
  const collector = await startCollector();
  onTestFinished(() => collector.close());
  collector.respond(({ path }) => (path === '/v1/logs' ? { status: 503 } : undefined));
  const options: PipelineOptions = {
    destinations: [
      { kind: 'otlp', url: `${collector.url}/v1/traces` },
      { kind: 'otlp', signal: 'logs', url: `${collector.url}/v1/logs` },
    ],
    resource: { 'service.name': 'orders' },
    batch: { maxQueueSize, maxExportBatchSize: 10 },
  };
  const main = new SpanPipeline(options);
  onTestFinished(() => main.link.close());
  return { collector, main, worker: () => new WorkerPipeline(options, main.share()) };
}

it.each(['main', 'worker'])('delivered spans count as waiting no more, though log records do: %s', async (thread) => {
  const { collector, main, worker } = await startWithoutLogs(20);
  const pipeline = thread === 'main' ? main : worker();
  for (let i = 0; i < 30; i++) pipeline.onLog(log);
  for (let round = 1; round <= 5; round++) {
    for (let i = 0; i < 10; i++) {
      pipeline.onEnd(span());
      if (i % 3 === 0) pipeline.onLog(log);
    }
    await pipeline.flush(10_000);
    await collector.waitFor(({ spans }) => spans.length >= 10 * round);
  }
  expect(collector.spans).toHaveLength(50);
  expect([...main.dropped]).toEqual([]);
});

it('spans that were delivered are not lost with the log records of their batch', async () => {
  const { collector, main: pipeline } = await startWithoutLogs();
  pipeline.onEnd(span());
  pipeline.onLog(log);
  await pipeline.flush(10_000);
  await collector.waitFor(({ spans }) => spans.length === 1);
  await pipeline.shutdown();
  expect([...pipeline.dropped]).toEqual([]);
  expect([...pipeline.droppedLogs]).toEqual([['sender_failed', 1]]);
});
