import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runFixture, startCollector, startPostgres, type Postgres, type ReceivedSpan } from '@foreshock/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';

const run = promisify(execFile);
let server: Postgres;

beforeAll(async () => {
  server = await startPostgres();
  const client = new pg.Client(server.url);
  await client.connect();
  await client.query(`
    CREATE TABLE "User" (id INTEGER PRIMARY KEY, email TEXT UNIQUE);
    CREATE TABLE "Order" (id INTEGER PRIMARY KEY, "userId" INTEGER);
    INSERT INTO "User" VALUES (1, 'alice');
    INSERT INTO "Order" VALUES (1, 1);
  `);
  await client.end();
});
afterAll(() => server.stop());

/** Prisma is large, and has lock files of its own: `npm ci` of the repository does not bring it. */
async function generated(version: string): Promise<string> {
  const cwd = fileURLToPath(new URL(`prisma/${version}`, import.meta.url));
  if (!existsSync(join(cwd, 'node_modules/prisma/package.json'))) {
    await run('npm', ['ci', '--workspaces=false', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd });
  }
  // Engines of its own site, which a driver adapter does without.
  const none = { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_QUERY_ENGINE_LIBRARY: process.execPath };
  const env = { ...process.env, ...none, CHECKPOINT_DISABLE: '1', DATABASE_URL: server.url };
  await run(process.execPath, [join(cwd, 'node_modules/prisma/build/index.js'), 'generate'], { cwd, env });
  return cwd;
}

it.each(['6', '7'])(
  'a driver adapter of Prisma %s has one span a query, below its request, and the wait of its pool',
  { timeout: 300_000 },
  async (version) => {
    const cwd = await generated(version);
    const collector = await startCollector();
    onTestFinished(() => collector.close());
    const app = await runFixture(new URL('prisma/app.cjs', import.meta.url), {
      collector,
      cwd,
      args: [cwd],
      env: { DATABASE_URL: server.url },
    });
    const { port } = await app.ready;
    const get = async (path: string): Promise<unknown> => (await fetch(`http://127.0.0.1:${port}${path}`)).json();
    // It opens a connection.
    await get('/raw');
    expect(await get('/many')).toEqual([{ id: 1, email: 'alice' }]);
    await get('/include');
    expect(await get('/duplicate')).toEqual({ code: 'P2002' });
    await get('/transaction');
    await Promise.all(Array.from({ length: 6 }, () => get('/slow')));
    await app.stop();

    const { spans } = collector;
    const below = (path: string): ReceivedSpan[][] =>
      spans
        .filter(({ kind, attributes }) => kind === 'SERVER' && attributes['url.path'] === path)
        .map(({ spanId }) => spans.filter(({ parentSpanId }) => parentSpanId === spanId));
    const queries = (path: string): string[][] =>
      below(path).map((each) => each.filter(({ kind }) => kind === 'CLIENT').map(({ name }) => name));
    const many = 'SELECT "public"."User"';
    expect(queries('/many')).toEqual([[many]]);
    expect(queries('/slow')).toEqual(Array.from({ length: 6 }, () => ['SELECT']));
    expect(queries('/include')).toEqual([[many, 'SELECT "public"."Order"']]);
    expect(queries('/transaction')).toEqual([['BEGIN', 'DELETE "public"."User"', 'DELETE "public"."Order"', 'COMMIT']]);
    expect(below('/duplicate')[0]!.filter(({ kind }) => kind === 'CLIENT')).toMatchObject([
      {
        name: 'INSERT "public"."User"',
        status: { code: 'ERROR', message: 'duplicate key value violates unique constraint' },
        attributes: { 'db.system.name': 'postgresql', 'error.type': '23505' },
      },
    ]);
    const waits = below('/slow').flatMap((each) =>
      each.filter(({ name }) => name === `pool.acquire ${server.database}`),
    );
    expect(waits.map(({ attributes }) => attributes['pool.wait_reason'])).toContain('queue');
    expect(JSON.stringify(spans)).not.toMatch(/alice|4711/);
  },
);
