import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { coreFileOf, prefixOf, type CoreFile } from './core-file.ts';

const limits = (soft: string): string =>
  `Limit\nMax core file size        ${soft}            unlimited            bytes\n`;
const SEGV = 11;
const PID = 4_711;
const startedAt = Date.now() - 60_000;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'core-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
});

/** As the kernel begins one. */
function coreOf(pid: number): Buffer {
  const file = Buffer.alloc(1_024);
  file.write('\x7fELF\x02\x01', 'latin1');
  file.writeUInt16LE(4, 16);
  file.writeUInt32LE(4, 64);
  file.writeBigUInt64LE(128n, 72);
  const status = 128;
  file.writeUInt32LE(336, status + 4);
  file.writeUInt32LE(1, status + 8);
  file.writeUInt16LE(SEGV, status + 20 + 12);
  const info = status + 20 + 336;
  file.writeUInt32LE(3, info + 8);
  file.writeInt32LE(pid, info + 20 + 24);
  return file;
}

function found(name: string): CoreFile | undefined {
  return coreFileOf({ core: join(directory, name), pid: PID, startedAt });
}

it.each([
  ['/srv/core', 'unlimited', '/srv/core'],
  ['/srv/core.%p', '4294967296', '/srv/core.'],
  ['/srv/core', '0', undefined],
  // The kernel writes none, or not its notes.
  ['/srv/core', '1024', undefined],
  ['/srv/core', '65536', undefined],
  ['|/usr/lib/systemd/systemd-coredump %P', 'unlimited', undefined],
  ['%e.core', 'unlimited', undefined],
  ['/srv/%e.%p', 'unlimited', undefined],
  ['/srv/cores-%e/core', 'unlimited', undefined],
  ['', 'unlimited', undefined],
])('core_pattern %s with the limit %s begins by %s', (pattern, limit, prefix) => {
  expect(prefixOf(pattern, limits(limit))).toBe(prefix);
});

/** By util-linux. */
function prefixIn(change: string): string {
  const code = `${change}; console.log(require(${JSON.stringify(join(import.meta.dirname, 'core-file.ts'))}).coreFilePrefix())`;
  const args = ['--core=unlimited:unlimited', process.execPath, '--no-warnings', '-e', code];
  return execFileSync('prlimit', args, { cwd: directory, encoding: 'utf8' }).trim();
}

function isRootWithCoreFiles(): boolean {
  try {
    execFileSync('prlimit', ['--version']);
    return process.getuid?.() === 0 && !/^[|%/]/.test(readFileSync('/proc/sys/kernel/core_pattern', 'latin1'));
  } catch {
    return false;
  }
}

it.skipIf(!isRootWithCoreFiles())('a process that has changed its user leaves none, as core(5) says', () => {
  chmodSync(directory, 0o777);
  expect(prefixIn('')).toMatch(/^\/.*\/core/);
  expect(prefixIn('process.setuid(65534)')).toBe('undefined');
});

it('of this process, has its signal', () => {
  writeFileSync(join(directory, 'core.4711'), coreOf(PID));
  expect(found('core')).toEqual({ path: join(directory, 'core.4711'), signal: SEGV });
});

it('that would be there is missing', () => {
  writeFileSync(join(directory, 'core.1'), coreOf(1));
  expect(found('core')).toEqual({ path: join(directory, 'core'), signal: 0 });
});

it('of an earlier process with this PID is none of this one', () => {
  const path = join(directory, 'core.4711');
  writeFileSync(path, coreOf(PID));
  utimesSync(path, startedAt / 1_000 - 60, startedAt / 1_000 - 60);
  expect(found('core')?.signal).toBe(0);
});

it.each(['another process’s', 'a directory', 'no core file'])('proves nothing where %s has its name', (what) => {
  const path = join(directory, 'core');
  if (what === 'a directory') mkdirSync(path);
  else writeFileSync(path, what === 'no core file' ? 'text' : coreOf(1));
  expect(found('core')).toBeUndefined();
});
