import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packAll, ROOT, type Tarball } from './tarballs.ts';

const API = '1.10.0';
/** The request that the application makes as it starts, and the start. */
const KINDS = ['CLIENT', 'INTERNAL', 'SERVER'];
const { tarballs, remove } = packAll();
const folders: string[] = [];
let collector: Collector;

beforeAll(async () => {
  collector = await startCollector();
});
afterAll(async () => {
  await collector.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  remove();
});

const fileOf = (tarball: Tarball): [name: string, url: string] => [tarball.manifest.name, `file:${tarball.file}`];
/** None of them is on a registry: whoever asks for one gets its tarball. */
const all = Object.fromEntries(tarballs.map(fileOf));
const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();

interface Manager {
  /** What it needs in `package.json` beside the dependencies. */
  manifest: Record<string, unknown>;
  files: Record<string, string>;
  command: readonly [string, ...string[]];
  env?: Record<string, string>;
  /** Options of Node without which the application does not find its packages. */
  nodeArgs?: { cjs: string[]; mjs: string[] };
}

const bin = (name: string): string => join(ROOT, 'node_modules/.bin', name);
const MANAGERS: Record<string, (folder: string) => Manager> = {
  npm: () => ({
    manifest: { overrides: all },
    files: {},
    command: ['npm', 'install', '--no-audit', '--no-fund'],
  }),
  'pnpm, strict': (folder) => ({
    manifest: {},
    files: {
      'pnpm-workspace.yaml': [
        'hoist: false',
        'autoInstallPeers: false',
        'strictPeerDependencies: true',
        `storeDir: ${JSON.stringify(join(folder, '.store'))}`,
        'overrides:',
        ...Object.entries(all).map(([name, url]) => `  ${JSON.stringify(name)}: ${JSON.stringify(url)}`),
      ].join('\n'),
    },
    command: [bin('pnpm'), 'install', '--no-frozen-lockfile'],
  }),
  'Yarn, PnP': (folder) => ({
    manifest: { resolutions: all },
    files: {
      '.yarnrc.yml': [
        'nodeLinker: pnp',
        'enableTelemetry: false',
        'enableGlobalCache: false',
        `cacheFolder: ${JSON.stringify(join(folder, '.cache'))}`,
        `npmRegistryServer: ${JSON.stringify(registry)}`,
      ].join('\n'),
      'yarn.lock': '',
    },
    command: [bin('yarn'), 'install', '--no-immutable'],
    nodeArgs: {
      cjs: ['--require', './.pnp.cjs'],
      mjs: ['--require', './.pnp.cjs', '--experimental-loader', './.pnp.loader.mjs', '--no-warnings'],
    },
  }),
};

describe.each(Object.entries(MANAGERS))('installed by %s', (name, manager) => {
  let folder: string;
  let nodeArgs: Required<Manager>['nodeArgs'];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'foreshock-install-'));
    folders.push(folder);
    const { manifest, files, command, nodeArgs: own = { cjs: [], mjs: [] } } = manager(folder);
    nodeArgs = own;
    const { foreshock } = all;
    const dependencies = { foreshock, '@opentelemetry/api': API };
    const app = { name: 'app', version: '1.0.0', private: true, dependencies, ...manifest };
    for (const [file, text] of Object.entries({ 'package.json': JSON.stringify(app), ...files })) {
      writeFileSync(join(folder, file), text);
    }
    cpSync(fileURLToPath(new URL('fixtures/', import.meta.url)), folder, { recursive: true });
    const [file, ...args] = command;
    execFileSync(file, args, { cwd: folder, stdio: 'pipe', env: { ...process.env, CI: '' } });
  }, 180_000);

  /** Runs it: whether the spans of its one request are in the trace that the request carried, and their kinds. */
  async function run(file: string, preload: '--require' | '--import'): Promise<{ kinds: string[]; inTrace: boolean }> {
    const service = `${name} ${file} ${preload}`;
    const app = await runFixture(pathToFileURL(join(folder, file)), {
      preload: 'none',
      nodeArgs: [...nodeArgs[file.endsWith('.mjs') ? 'mjs' : 'cjs'], preload, 'foreshock/register'],
      cwd: folder,
      collector,
      env: { OTEL_SERVICE_NAME: service, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    });
    const traceparent = (await app.ready) as string;
    expect(await app.exited).toMatchObject({ code: 0, stderr: '' });
    const spans = collector.spans.filter((span) => span.resource['service.name'] === service);
    return {
      kinds: spans.map(({ kind }) => kind).toSorted(),
      inTrace: spans.every(({ traceId }) => traceId === traceparent.split('-')[1]),
    };
  }

  it.each([
    ['app.cjs', '--require'],
    ['app.mjs', '--require'],
    ['app.mjs', '--import'],
  ] as const)('traces %s by %s', async (file, preload) => {
    expect(await run(file, preload)).toEqual({ kinds: KINDS, inTrace: true });
  });

  it('traces a bundled application', async () => {
    await build({
      entryPoints: [join(folder, 'app.mjs')],
      outfile: join(folder, 'bundle.cjs'),
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'silent',
    });
    expect(await run('bundle.cjs', '--require')).toEqual({ kinds: KINDS, inTrace: true });
  });
});
