import { runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { installed } from './installed.ts';

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterEach(() => collector.clear());
afterAll(() => collector.close());

/** A request to make, and what the server's span says of it. */
type Expected = [method: string, path: string, status: number, name: string];

interface App {
  file: string;
  aliases?: Record<string, string>;
  args?: string[];
  preload?: 'require' | 'import';
}

async function namesOf({ file, aliases, args, preload }: App, expected: Expected[]): Promise<Expected[]> {
  const fixture = new URL(`./fixtures/${file}`, import.meta.url);
  const app = await runFixture(aliases ? installed(fixture, aliases) : fixture, {
    collector,
    ...(args && { args }),
    ...(preload && { preload }),
  });
  const { port } = await app.ready;
  for (const [method, path, status] of expected) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    expect([path, response.status]).toEqual([path, status]);
    await response.text();
  }
  const spans = await collector.waitForSpans(
    (all) => all.filter(({ kind }) => kind === 'SERVER').length === expected.length,
  );
  await app.stop();
  const served = spans.filter(({ kind }) => kind === 'SERVER').sort((a, b) => a.startTime - b.startTime);
  return served.map(({ name, attributes }) => {
    const route = attributes['http.route'];
    const method = attributes['http.request.method'] as string;
    expect(name).toBe(route === undefined ? method : `${method} ${String(route)}`);
    return [method, attributes['url.path'] as string, Number(attributes['http.response.status_code']), name];
  });
}

const EXPRESS: Expected[] = [
  ['GET', '/', 200, 'GET /'],
  ['GET', '/orders/42', 200, 'GET /orders/:id'],
  ['HEAD', '/orders/42', 200, 'HEAD /orders/:id'],
  ['GET', '/b/1', 200, 'GET /b/:x'],
  ['GET', '/a', 200, 'GET /a'],
  ['GET', '/tenants/acme/users/7', 200, 'GET /tenants/:tenant/users/:id'],
  ['GET', '/lazy/users/7', 200, 'GET /lazy/users/:id'],
  ['GET', '/lazy/inner/saw', 200, 'GET /lazy/inner/:tool'],
  ['GET', '/two/users/7', 200, 'GET /two/users/:id'],
  ['GET', '/regex', 200, 'GET /^\\/re(gex)?$/'],
  ['POST', '/guarded/7', 201, 'POST /guarded/:id'],
  ['GET', '/v1/users/ann/items', 200, 'GET /v1/users/:user/items'],
  ['GET', '/v2/users/bob/items/3', 200, 'GET /v2/users/:user/items/:item'],
  ['GET', '/v1/users/bob/items/3/broken', 500, 'GET /v1/users/:user/items/:item/broken'],
  ['GET', '/admin/health/live', 200, 'GET /admin/health/:probe'],
  ['GET', '/admin/tools/saw', 200, 'GET /admin/tools/:tool'],
  ['GET', '/answered', 200, 'GET'],
  ['GET', '/nowhere', 404, 'GET'],
];

const FASTIFY: Expected[] = [
  ['GET', '/', 200, 'GET /'],
  ['GET', '/orders/42', 200, 'GET /orders/:id'],
  ['POST', '/guarded/7', 400, 'POST /guarded/:id'],
  ['GET', '/broken/7', 500, 'GET /broken/:id'],
  ['GET', '/v1/users/ann/items/3', 200, 'GET /v1/users/:user/items/:item'],
  ['GET', '/v1/users/ann/items/secret', 401, 'GET /v1/users/:user/items/:item'],
  ['GET', '/nowhere', 404, 'GET'],
];

const KOA: Expected[] = [
  ['GET', '/', 200, 'GET /'],
  ['GET', '/mounted/deep/7', 200, 'GET /mounted/deep/:id'],
  ['GET', '/outer/inner/deep/7', 200, 'GET /outer/inner/deep/:id'],
  ['GET', '/orders/42', 200, 'GET /orders/:id'],
  ['GET', '/orders/42/nowhere', 404, 'GET'],
  ['GET', '/files/a/b', 200, String.raw`GET /^\/files\/(.*)$/`],
  ['GET', '/broken/7', 500, 'GET /broken/:id'],
  ['GET', '/v1/users/ann/items/3', 200, 'GET /v1/users/:user/items/:item'],
  ['GET', '/v1/users/ann/items/secret', 401, 'GET /v1/users/:user/items/:item'],
  ['GET', '/nowhere', 404, 'GET'],
];

const NEST: Expected[] = [
  ['GET', '/api/orders/42', 200, 'GET /api/orders/:id'],
  ['GET', '/api/orders/42/broken', 500, 'GET /api/orders/:id/broken'],
];

describe.each<[string, Expected[], App[]]>([
  [
    'Express',
    EXPRESS,
    [
      { file: 'express.mjs' },
      { file: 'express.cjs' },
      { file: 'express.mjs', aliases: { express: 'express-4' } },
      { file: 'express.cjs', aliases: { express: 'express-4' }, preload: 'import' },
    ],
  ],
  [
    'Fastify',
    FASTIFY,
    [{ file: 'fastify.mjs' }, { file: 'fastify.cjs' }, { file: 'fastify.cjs', aliases: { fastify: 'fastify-4' } }],
  ],
  [
    'Koa',
    KOA,
    [
      { file: 'koa.mjs', preload: 'import' },
      { file: 'koa.cjs' },
      {
        file: 'koa.cjs',
        aliases: { koa: 'koa-2', '@koa/router': 'koa-router-12', 'koa-mount': 'koa-mount-3' },
        args: ['/orders/(.*)'],
      },
    ],
  ],
  [
    'Nest',
    NEST,
    [
      { file: 'nest.mjs', args: ['express'] },
      { file: 'nest.mjs', args: ['fastify'] },
    ],
  ],
])('routes of %s', (_, expected, apps) => {
  it.each(apps)('in $file $aliases $args', async (app) => {
    expect(await namesOf(app, expected)).toEqual(expected);
  });
});

it.each(['fastify', 'fastify-4'])(
  '%s lists one hook of ours, by our name, and no step more of its start',
  async (name) => {
    const plan = async (preload: 'require' | 'none'): Promise<{ plugins: string; routes: string }> => {
      const fixture = new URL('./fixtures/fastify-plan.cjs', import.meta.url);
      const { stdout } = await (await runFixture(fixture, { preload, args: [name] })).exited;
      return JSON.parse(stdout);
    };
    const [ours, plain] = await Promise.all([plan('require'), plan('none')]);
    expect(ours.plugins).toBe(plain.plugins);
    expect(plain.routes).not.toContain('onRequest');
    expect(ours.routes.replaceAll(/\n.*\(onRequest\) \["foreshock\(\)"\]/g, '')).toBe(plain.routes);
  },
);
