import { runFixture, shows, startCollector, versionOf, type Collector } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { installed } from './installed.ts';

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterEach(() => collector.clear());
afterAll(() => collector.close());

it.each(['undici-5', 'undici-6', 'undici-7', 'undici'])(
  'a call that stands in line at a pool of %s belongs to its caller, and says how long',
  async (alias) => {
    shows('undici', ['wait', 'parent'], versionOf(alias));
    const file = installed(new URL('./fixtures/undici-pool.mjs', import.meta.url), { undici: alias });
    const app = await runFixture(file, { collector });
    const { port } = await app.ready;
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => (await fetch(`http://127.0.0.1:${port}/`)).text()),
    );
    expect(answers).toEqual(Array.from({ length: 10 }, () => 'hello'));
    const spans = await collector.waitForSpans((all) => all.length === 20);
    const waits: number[] = [];
    for (const server of spans.filter(({ kind }) => kind === 'SERVER')) {
      const calls = spans.filter(({ parentSpanId }) => parentSpanId === server.spanId);
      expect(calls.map(({ kind, traceId }) => [kind, traceId])).toEqual([['CLIENT', server.traceId]]);
      const { attributes, durationMs, startTime } = calls[0]!;
      const queued = Number(attributes['http.phase.queue_ms'] ?? 0);
      waits.push(queued);
      // The wait is in the span.
      expect(durationMs).toBeGreaterThan(queued);
      expect(startTime).toBeGreaterThanOrEqual(server.startTime - 1);
    }
    // Two at a time, twenty milliseconds each: eight of ten waited for one at least, two for four.
    expect(waits.filter((ms) => ms > 15).length).toBeGreaterThanOrEqual(8);
    expect(Math.max(...waits)).toBeGreaterThan(60);
    await app.stop();
  },
);
