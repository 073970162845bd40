import { runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterEach(() => collector.clear());
afterAll(() => collector.close());

describe('beside upstream’s instrumentations', () => {
  it.each(['ours first', 'theirs first'])('%s: the spans are theirs, with what they lack', async (order) => {
    const app = await runFixture(new URL('./fixtures/beside-upstream.cjs', import.meta.url), {
      preload: 'none',
      nodeArgs: ['--conditions=@foreshock/source'],
      args: [order],
    });
    const { traceIds, spans } = await app.ready;
    const http = '@opentelemetry/instrumentation-http';
    const served = { scope: http, kind: 'SERVER', name: 'GET /orders/:id', route: '/orders/:id', phases: [] };
    expect(spans).toEqual([
      { ...served, traceId: traceIds[0] },
      {
        scope: http,
        kind: 'CLIENT',
        name: 'GET',
        traceId: traceIds[0],
        phases: ['http.phase.connect_ms', 'http.phase.ttfb_ms'],
      },
      { ...served, traceId: traceIds[1] },
      // Its span is in no context, so only it can add to it.
      { scope: '@opentelemetry/instrumentation-undici', kind: 'CLIENT', name: 'GET', traceId: traceIds[1], phases: [] },
    ]);
    expect(traceIds[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(traceIds[1]).not.toBe(traceIds[0]);
  });
});

describe('a handler that throws', () => {
  it.each(['/', '/late'])('%s: the process dies as without us', async (path) => {
    const ends = [];
    for (const preload of ['none', 'require'] as const) {
      const app = await runFixture(new URL('./fixtures/throws.cjs', import.meta.url), { preload, collector });
      const { port } = await app.ready;
      await expect(fetch(`http://127.0.0.1:${port}${path}`)).rejects.toThrow('fetch failed');
      const { code, signal, stderr } = await app.exited;
      // Where it was thrown, not where it passed; the stack below the application's own frames may have ours.
      ends.push({ code, signal, stderr: stderr.slice(0, stderr.indexOf('at fail')) });
    }
    expect(ends[0]).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('TypeError: the application is at fault'),
    });
    expect(ends[1]).toEqual(ends[0]);
  });
});

describe('a framework with a server span of its own', () => {
  it.each([
    ['/items/7', 'GET /items/:id', '/items/:id'],
    ['/unknown', 'GET', undefined],
  ])('%s: one request has one, with the route', async (path, name, route) => {
    const app = await runFixture(new URL('./fixtures/inner-server-span.cjs', import.meta.url), { collector });
    const { port } = await app.ready;
    await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    const spans = await collector.waitForSpans((all) => all.length === 2);
    await app.stop();
    const outer = spans.find(({ scope }) => scope !== 'framework')!;
    expect(outer).toMatchObject({ name, kind: 'SERVER', parentSpanId: '' });
    expect(outer.attributes['http.route']).toBe(route);
    expect(spans.find(({ scope }) => scope === 'framework')).toMatchObject({
      kind: 'INTERNAL',
      parentSpanId: outer.spanId,
    });
  });
});
