// Raises the versions as the changesets say, and with them the one that the code knows.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const run = (...args) => execFileSync('npm', args, { stdio: 'inherit', shell: process.platform === 'win32' });
run('exec', 'changeset', 'version');

const { version } = JSON.parse(readFileSync(new URL('../packages/kit/package.json', import.meta.url), 'utf8'));
const file = new URL('../packages/kit/src/version.ts', import.meta.url);
const text = readFileSync(file, 'utf8');
writeFileSync(file, text.replace(/VERSION = '[^']*'/, `VERSION = '${version}'`));
run('install', '--package-lock-only');
