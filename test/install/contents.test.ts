import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { VERSION } from '@foreshock/kit';
import { build, type Metafile } from 'esbuild';
import { publint } from 'publint';
import { afterAll, describe, expect, it } from 'vitest';
import { packAll, ROOT, type Manifest, type Tarball } from './tarballs.ts';

const { tarballs, remove } = packAll();
afterAll(remove);

it('all of one version', () => {
  for (const { manifest } of tarballs) {
    const own = Object.entries(manifest.dependencies ?? {}).filter(([name]) => name.startsWith('@foreshock/'));
    expect([manifest.version, ...own.map(([, version]) => version)]).toEqual([VERSION, ...own.map(() => VERSION)]);
  }
});

describe.each(tarballs.map((tarball) => [tarball.manifest.name, tarball] as const))('%s', (name, tarball) => {
  const { manifest, folder, file, files } = tarball;

  it('says what it is, whose it is and where it comes from', () => {
    expect(manifest).toMatchObject({
      description: expect.stringMatching(/\.$/),
      license: 'Apache-2.0',
      keywords: expect.arrayContaining(['opentelemetry']),
      repository: { type: 'git', directory: folder.slice(ROOT.length) },
      bugs: expect.any(String),
      homepage: expect.stringContaining(folder.slice(ROOT.length)),
      publishConfig: { access: 'public', provenance: true },
      engines: { node: '>=22.15' },
    });
    const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
    expect(read('LICENSE')).toBe(readFileSync(join(ROOT, 'LICENSE'), 'utf8'));
    expect(read('NOTICE')).toMatch(/^Foreshock\nCopyright The Foreshock Authors\n/);
    expect(read('README.md')).toContain(name);
  });

  it('has what its users need, and nothing else', async () => {
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'NOTICE', 'README.md', 'package.json']));
    const code = files.filter(
      (path) => !/^(LICENSE|NOTICE|README\.md|CHANGELOG\.md|package\.json|(races\.)?schema\.json)$/.test(path),
    );
    expect(
      code.filter(
        (path) => !/^(bin\/foreshock\.js|dist\/(.*\.(js|cjs|d\.ts|d\.cts)|page\/[^/]+\.(html|css|svg)))$/.test(path),
      ),
    ).toEqual([]);
    const modules = code.filter((path) => /\.c?js$/.test(path));
    const { reachable, imported } = await reached(tarball);
    // A module of types alone is named by `import type` only.
    const isTypes = (path: string): boolean =>
      /^(\/\*\*[^*]*\*\/\s*)?export \{\};$/.test(readFileSync(join(folder, path), 'utf8').trim());
    expect(modules.filter((path) => !reachable.has(path) && !isTypes(path))).toEqual([]);
    expect(imported.filter((each) => !isDeclared(each, manifest))).toEqual([]);
    for (const path of entries(manifest)) expect(files).toContain(path);
  });

  it('has types for every export, and passes publint', async () => {
    for (const [path, target] of Object.entries(manifest.exports)) {
      if (!path.endsWith('.json')) expect(target).toMatchObject({ types: expect.stringMatching(/\.d\.c?ts$/) });
    }
    const { messages } = await publint({ pack: { tarball: new Uint8Array(readFileSync(file)).buffer } });
    expect(messages).toEqual([]);
  });

  it('has types that are right', async () => {
    const attw = join(ROOT, 'node_modules/.bin/attw');
    // ES modules: CommonJS takes them by `require`, as every supported Node can.
    const args = [file, '--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm', '--format', 'ascii'];
    const run = promisify(execFile)(attw, args, { env: { ...process.env, NO_COLOR: '1' } });
    // It ends with 1 where something is wrong.
    await expect(run).resolves.toMatchObject({ stdout: expect.stringContaining(`${name} v${VERSION}`) });
  }, 60_000);
});

/** Files that the exports and the commands name, without conditions that only this repository uses. */
function entries({ exports, bin }: Manifest): Set<string> {
  const targets = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [target] : [target['types']!, target['default']!],
  );
  return new Set([...targets.map((target) => target.slice('./'.length)), ...Object.values(bin ?? {})]);
}

/** Read at run time by their path, not by an `import`. */
const LOADED_BY_PATH: Record<string, string[]> = {
  foreshock: [
    ...['preload.cjs', 'worker-preload.cjs', 'sender.cjs', 'metrics.cjs', 'admin.cjs', 'doctor-watch.cjs'].map(
      (file) => `dist/${file}`,
    ),
    'dist/lambda.cjs',
    'dist/bundler-loader.js',
    ...['http', 'rpc', 'db', 'pool', 'cache', 'queue', 'resilience'].map((boundary) => `dist/${boundary}.preload.cjs`),
  ],
  '@foreshock/explain': ['dist/sources/segment-thread.js'],
  '@foreshock/export': ['dist/sender-thread.js'],
  '@foreshock/view': ['dist/page/page.js', 'dist/store/thread.js', 'dist/answer/thread.js'],
};

/** Which modules can be reached from the exports, and which packages they import. */
async function reached({ manifest, folder }: Tarball): Promise<{ reachable: Set<string>; imported: string[] }> {
  const starts = [...entries(manifest)].filter((path) => /\.c?js$/.test(path));
  const { metafile } = await build({
    entryPoints: [...starts, ...(LOADED_BY_PATH[manifest.name] ?? [])].map((path) => join(folder, path)),
    absWorkingDir: folder,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    write: false,
    outdir: 'unwritten',
    metafile: true,
    logLevel: 'silent',
  });
  return { reachable: new Set(Object.keys(metafile.inputs)), imported: importedPackages(metafile) };
}

function importedPackages({ inputs }: Metafile): string[] {
  const all = Object.values(inputs).flatMap(({ imports }) => imports.filter(({ external }) => external));
  return [...new Set(all.map(({ path }) => path))].filter((path) => !isBuiltin(path) && path !== '<runtime>');
}

function isDeclared(imported: string, { name, dependencies, peerDependencies }: Manifest): boolean {
  const [scope, base] = imported.split('/');
  const from = imported.startsWith('@') ? `${scope}/${base}` : scope!;
  return from === name || from in { ...dependencies, ...peerDependencies };
}
