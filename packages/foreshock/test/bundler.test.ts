import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  IS_MATRIX,
  NODES,
  runFixture,
  startCollector,
  startPostgres,
  startRedis,
  type Collector,
  type Postgres,
  type ReceivedSpan,
  type Redis,
} from '@foreshock/testkit';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build as buildByVite } from 'vite';
import webpack from 'webpack';
import { isBundle } from '../src/bundled-server.ts';
import { esbuildPlugin, rollupPlugin, webpackPlugin } from 'foreshock/bundler';

const source = fileURLToPath(new URL('./fixtures/bundler/app.mjs', import.meta.url));
const folder = mkdtempSync(fileURLToPath(new URL('./fixtures/.bundler-', import.meta.url)));
let collector: Collector;
let postgres: Postgres;
let redis: Redis;
let unbundled: Promise<string[]>;
beforeAll(async () => {
  [collector, postgres, redis] = await Promise.all([startCollector(), startPostgres(), startRedis()]);
  unbundled = spansOf(source);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await Promise.all([collector.close(), postgres.stop(), redis.stop()]);
});

/** Each span of one request's trace: its parent, and the names of its attributes. */
async function spansOf(file: string, node?: (typeof NODES)[number]): Promise<string[]> {
  const name = `${basename(file)} ${node}`;
  const app = await runFixture(file, {
    collector,
    ...(node && { node }),
    env: { DATABASE_URL: postgres.url, REDIS_URL: redis.url, OTEL_SERVICE_NAME: name },
  });
  const { port } = await app.ready;
  const answer = await fetch(`http://127.0.0.1:${port}/orders/7`);
  expect(await answer.json()).toEqual({ id: 7 });
  const traceId = answer.headers.get('x-trace-id')!;
  const line = JSON.parse(await app.waitForLine('stdout', (text) => text.includes('ordered')));
  expect(line.trace_id).toBe(traceId);
  const service = (span: ReceivedSpan): boolean => span.resource['service.name'] === name;
  await collector.waitForSpans((all) => all.some((span) => service(span) && span.kind === 'SERVER'));
  const { stderr } = await app.stop();
  expect(stderr).toBe('');
  const spans = collector.spans.filter((span) => span.traceId === traceId);
  return spans.map((span) => told(span, spans)).toSorted();
}

function told(span: ReceivedSpan, all: readonly ReceivedSpan[]): string {
  const parent = all.find(({ spanId }) => spanId === span.parentSpanId)?.name;
  return `${span.kind} ${span.name} < ${parent}: ${Object.keys(span.attributes).toSorted().join(' ')}`;
}

it('is about an application with spans of all its libraries', async () => {
  const text = (await unbundled).join('\n');
  for (const part of [
    'GET /orders/:id',
    'SELECT',
    'pool.used',
    'retry.attempt',
    'CLIENT GET',
    'send mails',
    'process mails',
  ]) {
    expect(text).toContain(part);
  }
});

async function byEsbuild(format: 'cjs' | 'esm', options: object): Promise<string> {
  const outfile = join(
    folder,
    `${JSON.stringify([format, options]).replaceAll(/\W+/g, '-')}.${format === 'esm' ? 'mjs' : 'cjs'}`,
  );
  // What is required by CommonJS inside of it.
  const banner = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    format,
    logLevel: 'error',
    plugins: [esbuildPlugin()],
    ...(format === 'esm' && { banner: { js: banner } }),
    // Optional, and not there.
    external: ['pg-native'],
    ...options,
  });
  return outfile;
}

async function byWebpack(): Promise<string> {
  const compiler = webpack({
    mode: 'production',
    target: 'node',
    entry: source,
    output: { path: folder, filename: 'webpack.cjs' },
    // Which is slow.
    optimization: { minimize: false },
    plugins: [webpackPlugin()],
    externals: { 'pg-native': 'commonjs pg-native' },
  })!;
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    compiler.run((error, result) => (error ? reject(error) : resolve(result)));
  });
  expect(stats?.toJson({ all: false, errors: true }).errors).toEqual([]);
  return join(folder, 'webpack.cjs');
}

async function byVite(): Promise<string> {
  await buildByVite({
    configFile: false,
    logLevel: 'error',
    plugins: [rollupPlugin()],
    ssr: { noExternal: true },
    build: {
      ssr: source,
      outDir: join(folder, 'vite'),
      rollupOptions: { external: ['pg-native'], output: { entryFileNames: 'app.mjs' } },
    },
  });
  return join(folder, 'vite/app.mjs');
}

const BUNDLERS: Record<string, () => Promise<string>> = {
  'esbuild, minified': () => byEsbuild('cjs', { minify: true }),
  webpack: byWebpack,
  ...(IS_MATRIX && {
    'esbuild, CommonJS': () => byEsbuild('cjs', {}),
    'esbuild, `module` before `main`': () => byEsbuild('cjs', { mainFields: ['module', 'main'] }),
    'esbuild, ES module': () => byEsbuild('esm', {}),
    Vite: byVite,
  }),
};

describe.each(Object.entries(BUNDLERS))('%s', (_name, bundle) => {
  let file: string;
  beforeAll(async () => {
    file = await bundle();
  });

  it.each(NODES)('a bundle has the spans of its application, Node %s', async (node) => {
    expect(await spansOf(file, node)).toEqual(await unbundled);
  });
});

it('doctor takes such a bundle for traced', async () => {
  expect(isBundle(await byEsbuild('cjs', { minify: true }))).toBe(false);
});

it('what another plugin of esbuild has made of a library is not touched', async () => {
  const client = fileURLToPath(new URL('../../../node_modules/pg/lib/client.js', import.meta.url));
  const { outputFiles } = await build({
    stdin: { contents: `import 'pg'; import 'own';` },
    bundle: true,
    write: false,
    plugins: [
      esbuildPlugin(),
      {
        name: 'own',
        setup({ onLoad, onResolve }) {
          onResolve({ filter: /^(?:pg|own)$/ }, () => ({ path: client, namespace: 'own' }));
          onLoad({ filter: /./, namespace: 'own' }, () => ({ contents: 'own();' }));
        },
      },
    ],
  });
  expect(outputFiles[0]!.text).toContain('own();');
});

it('an external library stays external', async () => {
  const file = await byEsbuild('cjs', { mainFields: ['module', 'main'], external: ['bullmq', 'pg-native'] });
  expect(readFileSync(file, 'utf8')).toMatch(/require\("bullmq"\)/);
});

describe('an application with a minified ES module, a `main` without its ending, and an alias', () => {
  let entry: string;
  let alias: Record<string, string>;
  beforeAll(() => {
    const app = join(folder, 'schedule');
    mkdirSync(join(app, 'node_modules'), { recursive: true });
    const installed = fileURLToPath(new URL('../../../node_modules/', import.meta.url));
    const libraries = { async: 'async', croner: 'croner', graphql: 'graphql-16' };
    for (const [name, from] of Object.entries(libraries))
      symlinkSync(installed + from, join(app, 'node_modules', name));
    entry = join(app, 'app.mjs');
    copyFileSync(new URL('./fixtures/bundler/schedule.mjs', import.meta.url), entry);
    alias = { async: join(app, 'alias.mjs') };
    writeFileSync(alias['async']!, `export const queue = 'own';`);
  });

  async function told(outfile: string): Promise<unknown> {
    const app = await runFixture(outfile);
    const answer = await app.ready;
    expect((await app.stop()).stderr).toBe('');
    return answer;
  }

  const expected = { next: true, kind: 'Document', queue: 'own' };

  it.each(['cjs', 'esm'] as const)('runs from esbuild, %s', async (format) => {
    const outfile = join(folder, `schedule.${format === 'esm' ? 'mjs' : 'cjs'}`);
    const plugins = [esbuildPlugin()];
    const shared = { bundle: true, platform: 'node', preserveSymlinks: true, logLevel: 'error' } as const;
    await build({ entryPoints: [entry], outfile, format, alias, plugins, ...shared });
    expect(await told(outfile)).toEqual(expected);
  });

  it('runs from webpack', async () => {
    const compiler = webpack({
      mode: 'development',
      target: 'node',
      entry,
      resolve: { alias, symlinks: false },
      output: { path: folder, filename: 'schedule-webpack.cjs' },
      plugins: [webpackPlugin()],
    })!;
    await new Promise<void>((resolve, reject) => compiler.run((error) => (error ? reject(error) : resolve())));
    expect(await told(join(folder, 'schedule-webpack.cjs'))).toEqual(expected);
  });
});
