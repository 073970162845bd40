import { fileURLToPath } from 'node:url';
import {
  NODES,
  runFixture,
  startCollector,
  type Collector,
  type FixtureExit,
  type ReceivedSpan,
} from '@foreshock/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
let collector: Collector;
let ended: FixtureExit;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.close());

const named = (name: string): ReceivedSpan => collector.spans.find((span) => span.name === name)!;
const rootOf = (name: string): ReceivedSpan =>
  collector.spans.find(({ traceId, parentSpanId }) => traceId === named(name).traceId && parentSpanId === '')!;

describe.each(NODES)('on Node %s', (node) => {
  beforeAll(async () => {
    collector.clear();
    const env = { OTEL_SERVICE_NAME: 'loops' };
    ended = await (await runFixture(fixture('loops.mjs'), { collector, node, env })).exited;
  });

  it('runs as without us', () => {
    expect([ended.code, ended.stderr]).toEqual([0, '']);
  });

  it.each([
    ['resolver', 'pollOutbox'],
    ['arrow', 'pollOutbox'],
    ['promises', 'pollOutbox'],
    ['promisified', 'pollOutbox'],
    ['scheduler', 'pollOutbox'],
    ['raced', 'raced'],
    ['batches', 'batches'],
    ['ticks', 'ticks'],
    ['events', 'events'],
    ['awaited', 'awaited'],
    ['asks', 'asks'],
    ['named', 'relay'],
    ['calling', 'check'],
    ['bound', 'poll'],
  ])('has a trace for each run of a loop by timers: %s', (way, functionName) => {
    // The first are steps of the start, as far as anybody can know.
    const runs = [7, 8].map((run) => `${way} ${run}`);
    const roots = runs.map(rootOf);
    for (const [i, root] of roots.entries()) {
      expect(root).toMatchObject({
        name: `job ${functionName}`,
        kind: 'INTERNAL',
        status: { code: 'UNSET' },
        links: [],
      });
      const system = way === 'events' || way === 'awaited' ? 'events' : 'timers';
      expect(root.attributes).toEqual({ 'job.system': system, 'code.function.name': functionName });
      const below = collector.spans.filter(({ traceId }) => traceId === root.traceId);
      expect(below.map(({ name }) => name).toSorted()).toEqual([runs[i], `${runs[i]}, second`, root.name].toSorted());
      expect(below.every(({ spanId, parentSpanId }) => spanId === root.spanId || parentSpanId === root.spanId)).toBe(
        true,
      );
      expect(root.startTime).toBeLessThanOrEqual(named(runs[i]!).startTime);
      expect(root.endTime).toBeGreaterThanOrEqual(named(`${runs[i]}, second`).endTime);
    }
  });

  it('leaves the timers of a request to the request', () => {
    const request = collector.spans.find(({ kind }) => kind === 'SERVER')!;
    for (const name of ['in a request', 'in a request, later']) expect(named(name).parentSpanId).toBe(request.spanId);
  });
});
