import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { NODES, runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

let collector: Collector;
let server: Server;
let url: string;
beforeAll(async () => {
  collector = await startCollector();
  server = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(() => collector.clear());
afterAll(async () => {
  server.close();
  await collector.close();
});

async function run(
  what: string,
  { node = 24 as 22 | 24 | 26, preload = 'require' as 'require' | 'import', library = '', env = {} } = {},
) {
  const app = await runFixture(new URL('./fixtures/quiet-workers.cjs', import.meta.url), {
    node,
    preload,
    args: [what, url, library],
    collector,
    env,
  });
  const { code, stdout, stderr } = await app.exited;
  expect([code, stderr]).toEqual([0, '']);
  const [before, after, files, builtins] = JSON.parse(stdout) as [boolean, boolean, string[], string[]];
  return { isPreloaded: [before, after], files, builtins };
}

const shown = () => collector.spans.map(({ name, kind }) => `${kind} ${name}`).toSorted();

it.each(NODES)('a worker thread on Node %i has no preload while it traces nothing', async (node) => {
  expect((await run('nothing', { node })).isPreloaded).toEqual([false, false]);
  expect(collector.spans).toEqual([]);
  expect((await run('fetch', { node })).isPreloaded).toEqual([false, true]);
  expect(shown()).toEqual(['CLIENT GET']);
});

it('a worker thread has no preload when metrics are named as none', async () => {
  expect((await run('nothing', { env: { OTEL_METRICS_EXPORTER: 'none' } })).isPreloaded).toEqual([false, false]);
});

it.each([
  ['fetch', ['CLIENT GET']],
  ['node:http', ['CLIENT GET']],
  ['import of node:http', ['CLIENT GET']],
  ['the API', ['INTERNAL by hand']],
  ['the API in a bundle', ['INTERNAL by hand']],
])('what makes it load is traced: %s', async (what, expected) => {
  for (const preload of ['require', 'import'] as const) {
    collector.clear();
    expect((await run(what, { preload })).isPreloaded).toEqual([false, true]);
    expect(shown()).toEqual(expected);
  }
});

it.each([
  ['a library', 'async-retry'],
  ['a library published as ES modules', 'p-retry'],
])('the library that makes it load is instrumented: %s', async (what, library) => {
  expect((await run(what, { library })).isPreloaded).toEqual([false, true]);
  expect(collector.spans).toMatchObject([{ name: 'GET', kind: 'CLIENT', attributes: { 'retry.attempt': 1 } }]);
});

it('an interval that was set before is a job from its next run on', async () => {
  expect((await run('fetch in an interval')).isPreloaded).toEqual([false, true]);
  const roots = collector.spans.filter(({ name }) => name.startsWith('job '));
  expect(roots).toHaveLength(1);
  expect(shown().filter((span) => span === 'CLIENT GET')).toHaveLength(2);
  expect(collector.spans.filter(({ parentSpanId }) => parentSpanId === roots[0]!.spanId)).toMatchObject([
    { name: 'GET' },
  ]);
});

// 16 worker threads with a span each take 2 MB each more than without the preload; crypto alone is 0.7 MB of what was 4.
it.each(NODES)('a span in a worker thread on Node %i loads little', async (node) => {
  const { files, builtins } = await run('the API', { node });
  expect(files).toEqual(['worker-preload.cjs']);
  const large = ['crypto', 'os', 'console', 'http', 'https', 'net', 'tls', 'child_process', 'zlib', 'inspector'];
  expect(large.filter((name) => builtins.includes(`NativeModule ${name}`))).toEqual([]);
});
