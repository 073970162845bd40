import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url));
// Beside the fixtures: what is kept out of a bundle is found from where the bundle is.
const folder = mkdtempSync(join(fixtures, '.bundle-'));
let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterEach(() => collector.clear());
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await collector.close();
});

async function bundle(options: { minify?: boolean; packages?: 'external' }): Promise<string> {
  const outfile = join(folder, `${JSON.stringify(options).replaceAll(/\W+/g, '-')}.cjs`);
  const entryPoints = [join(fixtures, 'bundle-source.cjs')];
  await build({ entryPoints, outfile, bundle: true, platform: 'node', logLevel: 'error', ...options });
  return outfile;
}

/** The lines it wrote on standard error and the server span of one request. */
async function serve(file: string | URL) {
  const app = await runFixture(file, { collector, env: { OTEL_BSP_SCHEDULE_DELAY: '50' } });
  const { port } = await app.ready;
  await (await fetch(`http://127.0.0.1:${port}/orders/7`)).text();
  const spans = await collector.waitForSpans((all) => all.some(({ kind }) => kind === 'SERVER'));
  const { stderr } = await app.stop();
  return {
    lines: stderr.split('\n').filter((line) => line !== ''),
    span: spans.find(({ kind }) => kind === 'SERVER')!.name,
  };
}

const LINE = / is a bundle and no library was loaded beside it: .*"Bundled applications"/;

it.each([{}, { minify: true }])('says once that libraries in a bundle cannot be seen: esbuild %j', async (options) => {
  const { lines, span } = await serve(await bundle(options));
  expect(lines).toEqual([expect.stringMatching(LINE)]);
  expect(span).toBe('GET');
});

it('sees libraries that are kept out of the bundle, as the README says', async () => {
  expect(await serve(await bundle({ packages: 'external' }))).toEqual({ lines: [], span: 'GET /orders/:id' });
});

it('says nothing of a server without libraries, nor of one that loads them', async () => {
  expect((await serve(new URL('fixtures/bare-server.cjs', import.meta.url))).lines).toEqual([]);
  collector.clear();
  expect(await serve(new URL('fixtures/bundle-source.cjs', import.meta.url))).toEqual({
    lines: [],
    span: 'GET /orders/:id',
  });
});
