// What a task does in a thread of piscina's is part of its caller's trace.
import { fileURLToPath } from 'node:url';
import { runFixture, startCollector, type Collector, type ReceivedSpan } from '@foreshock/testkit';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

const file = fileURLToPath(new URL('./fixtures/threads.cjs', import.meta.url));
const WAYS = ['one at a time', 'three at a time', 'by events'];

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
beforeEach(() => collector.clear());
afterAll(() => collector.close());

it.each([
  ['piscina', 22],
  ['piscina', 24],
  ['piscina', 26],
  ['piscina-4', 24],
] as const)('%s on Node %s', async (library, node) => {
  const env = { PISCINA: library, OTEL_SERVICE_NAME: 'threads' };
  const { code, stderr } = await (await runFixture(file, { collector, node, env })).exited;
  expect([code, stderr]).toEqual([0, '']);
  const { spans } = collector;
  const named = (name: string): ReceivedSpan[] => spans.filter((span) => span.name === name);
  const only = (name: string): ReceivedSpan => {
    expect(named(name).map((span) => span.name)).toEqual([name]);
    return named(name)[0]!;
  };
  for (const way of WAYS) {
    for (const name of ['first', 'second', 'third', 'alone']) {
      const caller = only(`${way} ${name}`);
      for (const within of [`in ${way} ${name}`, `later in ${way} ${name}`]) {
        const { traceId, parentSpanId } = only(within);
        expect([within, traceId, parentSpanId]).toEqual([within, caller.traceId, caller.spanId]);
      }
    }
    // Each in a trace of its own, with both of its spans.
    const untraced = named(`in ${way} untraced`);
    expect(new Set(untraced.map(({ traceId }) => traceId)).size).toBe(5);
    for (const { traceId, parentSpanId } of untraced) {
      const [root, ...others] = spans.filter((span) => span.spanId === parentSpanId && span.traceId === traceId);
      expect([root, ...others]).toEqual([
        expect.objectContaining({
          name: 'job threads-worker.cjs',
          kind: 'INTERNAL',
          parentSpanId: '',
          attributes: { 'job.system': 'piscina' },
        }),
      ]);
      const below = spans.filter((span) => span.traceId === traceId && span !== root);
      expect(below.map((span) => [span.name, span.parentSpanId])).toEqual([
        [`in ${way} untraced`, root!.spanId],
        [`later in ${way} untraced`, root!.spanId],
      ]);
    }
  }
});
