// What arrives on a WebSocket is a trace of its own, however long ago the connection was opened, and by whom.
import { runFixture, startCollector, type Collector, type ReceivedSpan } from '@foreshock/testkit';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
beforeEach(() => collector.clear());
afterAll(() => collector.close());

it.each([22, 24, 26] as const)('on Node %i', async (node) => {
  const file = new URL('./fixtures/websockets.mjs', import.meta.url);
  const { code, stderr } = await (await runFixture(file, { collector, node, env: { NODE_NO_WARNINGS: '1' } })).exited;
  expect([code, stderr]).toEqual([0, '']);
  const { spans } = collector;
  const only = (name: string, kind = 'INTERNAL'): ReceivedSpan => {
    const found = spans.filter((span) => span.name === name && span.kind === kind);
    expect(found.map((span) => span.name)).toEqual([name]);
    return found[0]!;
  };
  const rootOf = ({ traceId }: ReceivedSpan): ReceivedSpan =>
    spans.find((span) => span.traceId === traceId && span.parentSpanId === '')!;
  for (const name of ['ws', 'undici']) {
    const opener = only(`${name} opener`);
    const inTrace = (kind: string) => spans.find((span) => span.kind === kind && span.traceId === opener.traceId)!;
    expect(only(`${name} opened`).parentSpanId).toBe(opener.spanId);
    expect(inTrace('CLIENT').attributes).toMatchObject({ 'http.response.status_code': 101 });
    const served = inTrace('SERVER');
    expect(only(`${name} accepted`)).toMatchObject({ traceId: opener.traceId, parentSpanId: served.spanId });
    const messages = ['served early', 'heard early', 'served later', 'heard later', 'left'];
    const roots = messages.map((message) => rootOf(only(`${name} ${message}`)));
    expect(new Set([opener, ...roots].map(({ traceId }) => traceId)).size).toBe(1 + messages.length);
    for (const [i, message] of messages.entries()) {
      const root = roots[i]!;
      expect(root).toMatchObject({
        name: `process /${name}`,
        kind: 'CONSUMER',
        attributes: {
          'messaging.system': 'websocket',
          'messaging.destination.name': `/${name}`,
          'messaging.operation.name': 'process',
          'messaging.operation.type': 'process',
        },
      });
      const openedBy = message.startsWith('heard') ? inTrace('CLIENT') : served;
      expect(root.links.map(({ spanId }) => spanId)).toEqual([openedBy.spanId]);
      const below = spans.filter(({ traceId }) => traceId === root.traceId).map((span) => span.name);
      expect(below.toSorted()).toEqual([root.name, `${name} ${message}`, `${name} ${message}, again`].toSorted());
    }
  }
});
