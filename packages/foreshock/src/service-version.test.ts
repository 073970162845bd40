import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { serviceVersion } from './service-version.ts';

const { argv } = process;
const cwd = process.cwd();
let shop: string;
beforeAll(() => {
  shop = realpathSync(mkdtempSync(join(tmpdir(), 'foreshock-version-')));
  mkdirSync(join(shop, 'dist/server'), { recursive: true });
  mkdirSync(join(shop, 'node_modules/pm2'), { recursive: true });
  writeFileSync(join(shop, 'package.json'), '{"name":"shop","version":"3.2.1"}');
  // Marks the modules as CommonJS, and says no version.
  writeFileSync(join(shop, 'dist/package.json'), '{"type":"commonjs"}');
  writeFileSync(join(shop, 'node_modules/pm2/package.json'), '{"name":"pm2","version":"6.0.0"}');
});
afterEach(() => {
  process.argv = argv;
  process.chdir(cwd);
});
afterAll(() => rmSync(shop, { recursive: true }));

it('is of the nearest package above the start script that has one', () => {
  process.argv = [argv[0]!, join(shop, 'dist/server/main.js')];
  expect(serviceVersion()).toBe('3.2.1');
});

it('is of the working directory where another package starts the application, and for `node -e`', () => {
  process.chdir(join(shop, 'dist'));
  process.argv = [argv[0]!, join(shop, 'node_modules/pm2/ProcessContainerFork.js')];
  expect(serviceVersion()).toBe('3.2.1');
  process.argv = [argv[0]!];
  expect(serviceVersion()).toBe('3.2.1');
});

it('is unknown without a package', () => {
  process.argv = ['node', '/no/such/folder/main.js'];
  expect(serviceVersion()).toBeUndefined();
});
