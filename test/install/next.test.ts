import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

const folder = fileURLToPath(new URL('next/', import.meta.url));
const run = promisify(execFile);
const env = { NEXT_TELEMETRY_DISABLED: '1' };
let collector: Collector;

/** Next.js is large, and has a lock file of its own: `npm ci` of the repository does not bring it. */
beforeAll(async () => {
  collector = await startCollector();
  if (!existsSync(join(folder, 'node_modules/next/package.json'))) {
    await run('npm', ['ci', '--workspaces=false', '--no-audit', '--no-fund'], { cwd: folder });
  }
  await run(process.execPath, [join(folder, 'node_modules/next/dist/bin/next'), 'build'], {
    cwd: folder,
    env: { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, HOME: folder, ...env },
  });
}, 600_000);
afterAll(() => collector.close());

it('a custom server of Next.js has one server span a request, with the route', async () => {
  const app = await runFixture(new URL('next/server.cjs', import.meta.url), { collector, cwd: folder, env });
  const { port } = await app.ready;
  const expected = [
    ['/item/7', 200, 'GET /item/[id]', '/item/[id]'],
    ['/api/ann', 200, 'GET /api/[name]', '/api/[name]'],
    ['/nowhere', 404, 'GET', undefined],
  ];
  for (const [path, status] of expected) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    expect(response.status).toBe(status);
    await response.text();
  }
  const isRequest = ({ kind }: { kind: string }): boolean => kind === 'SERVER';
  const spans = (await collector.waitForSpans((all) => all.filter(isRequest).length === 3)).filter(isRequest);
  await app.stop();
  expect(
    spans.map(({ name, attributes }) => [
      attributes['url.path'],
      attributes['http.response.status_code'],
      name,
      attributes['http.route'],
    ]),
  ).toEqual(expected);
  for (const { scope, parentSpanId } of spans) {
    expect({ scope, parentSpanId }).toEqual({ scope: '@foreshock/instrumentation-http', parentSpanId: '' });
  }
  // All of what Next.js says of itself is there, and no request of its own among it.
  expect(collector.spans.filter(({ name }) => name.startsWith('render route'))).toHaveLength(1);
  expect(collector.spans.filter(isRequest)).toHaveLength(3);
});
