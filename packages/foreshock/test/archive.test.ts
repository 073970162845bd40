import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PRELOAD, startCollector, type Collector } from '@foreshock/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
const yarn = createRequire(import.meta.url).resolve('@yarnpkg/cli-dist/bin/yarn.js');
const apiFolder = fileURLToPath(new URL('../../../node_modules/@opentelemetry/api', import.meta.url));

let collector: Collector;
let folder: string;
let app: string;

// Yarn keeps packages as zip files and teaches Node to read them: not our sender thread, which loads nothing of the application's.
beforeAll(async () => {
  collector = await startCollector();
  folder = mkdtempSync(join(tmpdir(), 'foreshock-pnp-'));
  const pkg = join(folder, 'foreshock');
  app = join(folder, 'app');
  for (const each of [pkg, app]) mkdirSync(each);
  cpSync(dirname(PRELOAD), join(pkg, 'dist'), { recursive: true });
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  // The preload is a bundle: what it was made of is not on any registry.
  writeFileSync(
    join(pkg, 'package.json'),
    JSON.stringify({ ...manifest, dependencies: {}, devDependencies: {}, preferUnplugged: false }),
  );
  cpSync(fileURLToPath(new URL('./fixtures/ten-spans.cjs', import.meta.url)), join(app, 'app.cjs'));
  writeFileSync(
    join(app, 'package.json'),
    JSON.stringify({ dependencies: { foreshock: `file:${pkg}`, '@opentelemetry/api': `file:${apiFolder}` } }),
  );
  writeFileSync(join(app, '.yarnrc.yml'), 'nodeLinker: pnp\nenableGlobalCache: false\nenableTelemetry: false\n');
  writeFileSync(join(app, 'yarn.lock'), '');
  await run(process.execPath, [yarn, 'install', '--no-immutable'], { cwd: app });
}, 120_000);

afterAll(async () => {
  await collector.close();
  rmSync(folder, { recursive: true });
});

it.each(['', 'process.exit()'])('spans arrive when the preload lies in an archive: %s', async (end) => {
  collector.clear();
  const { stdout, stderr } = await run(
    process.execPath,
    [yarn, 'node', '--require', 'foreshock/register', 'app.cjs', end],
    {
      cwd: app,
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        // Of Yarn's loader.
        NODE_NO_WARNINGS: '1',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_BSP_SCHEDULE_DELAY: '60000',
        FORESHOCK_FLUSH_MS: '60000',
      },
    },
  );
  expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
  expect(collector.spans.filter(({ name }) => !name.startsWith('start '))).toHaveLength(10);
});
