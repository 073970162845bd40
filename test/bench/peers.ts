import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where the tracers to compare with are installed, apart from the project's own dependencies. */
export const peersFolder: URL = new URL('./peers/', import.meta.url);

/** Installs exactly what the lock file lists, unless that is what is there. */
export function installPeers(): void {
  const lock = readFileSync(new URL('package-lock.json', peersFolder), 'utf8');
  const installed = new URL('node_modules/.foreshock-lock.json', peersFolder);
  if (existsSync(installed) && readFileSync(installed, 'utf8') === lock) return;
  process.stderr.write('installing the peers …\n');
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: fileURLToPath(peersFolder),
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('npm ci in test/bench/peers failed');
  writeFileSync(installed, lock);
}
