import { setImmediate as immediate } from 'node:timers/promises';
import { NODES, runFixture, shows, startCollector, versionOf, type Collector } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connect, count } from './wire.ts';

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterEach(() => collector.clear());
afterAll(() => collector.close());

describe.each(NODES)('Node %s', (node) => {
  it.each([
    ['variants.mjs', 'import'],
    ['variants.mjs', 'require'],
    ['variants-default.mjs', 'require'],
    ['variants.cjs', 'require'],
    ['variants.cjs', 'import'],
  ] as const)('%s by --%s: each request its own trace, with its calls', async (file, preload) => {
    shows('http', [file.endsWith('.cjs') ? 'CJS' : 'ESM'], versionOf(node === 24 ? 'node' : `node-${node}`));
    const app = await runFixture(new URL(`./fixtures/${file}`, import.meta.url), { node, preload, collector });
    const { port } = await app.ready;
    const wire = await connect(port);
    const traces: string[] = [];
    for (let i = 1; i <= 5; i++) {
      wire.text = '';
      wire.send('POST / HTTP/1.1', 'Host: a', 'Content-Length: 6', '', 'abc');
      // In a packet of its own.
      for (let turn = 0; turn < 3; turn++) await immediate();
      wire.send('def');
      await wire.until((text) => text.endsWith('}'));
      const { body, seen } = JSON.parse(wire.text.slice(wire.text.indexOf('{')));
      expect(body).toBe(6);
      // fetch, node:http, and fetch once the body has come: all in the trace the response tells.
      const [, answered] = /x-trace-id: (\w+)/.exec(wire.text)!;
      expect(seen.map((traceparent: string) => traceparent.slice(3, 35))).toEqual([answered, answered, answered]);
      traces.push(answered!);
    }
    expect(new Set(traces).size).toBe(5);

    // Five times three calls, each with a span at either end, and the five themselves.
    const spans = await collector.waitForSpans((all) => all.length === 35);
    const ids = new Set(spans.map(({ spanId }) => spanId));
    const roots = spans.filter(({ parentSpanId }) => parentSpanId === '');
    expect(roots.map(({ traceId }) => traceId).sort()).toEqual(traces.sort());
    expect(spans.filter(({ parentSpanId }) => parentSpanId !== '' && !ids.has(parentSpanId))).toEqual([]);
    collector.clear();

    // Twelve in line, the first of which is never answered: all end with the connection, on Node 22 too.
    const line = await connect(port);
    line.send('GET /silent HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(12));
    await app.waitForLine('stdout', () => count(app.lines('stdout').join('\n'), 'SILENT') === 12);
    line.socket.destroy();
    const aborted = await collector.waitForSpans((all) => all.length === 12);
    expect(aborted.map(({ attributes }) => attributes['http.request.cancelled'])).toEqual(Array(12).fill(true));

    const { stderr } = await app.stop();
    expect(stderr).toBe('');
  });
});
