import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { nodeBinary, startCollector } from '@foreshock/testkit';
import { describe, it, type TestContext } from 'vitest';

const FIXTURE = fileURLToPath(new URL('./fixtures/near-limits.cjs', import.meta.url));
const MIB = 2 ** 20;

/** The `limit.near` span of a process that comes near a limit. */
async function near(
  limit: string,
  { onTestFinished, expect }: Pick<TestContext, 'expect' | 'onTestFinished'>,
  { before = '', nodeArgs = [] as string[], base = '', cgroup = '' },
) {
  const collector = await startCollector();
  onTestFinished(() => collector.close());
  const directory = base || mkdtempSync(join(tmpdir(), 'foreshock-limits-'));
  const app = spawn(
    'sh',
    [
      '-c',
      `${before} exec "$0" "$@"`,
      nodeBinary(24),
      ...nodeArgs,
      '--require',
      'foreshock/register',
      FIXTURE,
      limit,
      cgroup,
    ],
    {
      env: {
        FORESHOCK_SPOOL_DIR: directory,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_SERVICE_NAME: limit,
        OTEL_BSP_SCHEDULE_DELAY: '50',
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const exited = new Promise((resolve) => app.once('exit', resolve));
  onTestFinished(async () => {
    app.kill('SIGKILL');
    await exited;
    if (cgroup) rmdirSync(cgroup);
    if (!base) rmSync(directory, { recursive: true, force: true });
  });
  if (cgroup) writeFileSync(join(cgroup, 'cgroup.procs'), String(app.pid));
  const line = new Promise<string>((resolve) =>
    createInterface(app.stderr).on('line', (text) => {
      if (text.includes('limit.near')) resolve(text);
    }),
  );
  app.stdin.write('go\n');
  await collector.waitForSpans((spans) => spans.some(({ name }) => name === 'limit.near'), { timeoutMs: 60_000 });
  const { attributes } = collector.spans.find(({ name }) => name === 'limit.near')!;
  expect(await line).toContain(`limit=${limit} `);
  expect(attributes['limit.name']).toBe(limit);
  const [used, max] = [Number(attributes['limit.used']), Number(attributes['limit.max'])];
  return { share: used / max, max };
}

const SLOW = { timeout: 120_000 };
const cgroup = makeCgroup();
const disk = mountDisk();

// Most of it is waiting.
describe.concurrent('a limit', SLOW, () => {
  it('a heap that is nearly full is reported', async ({ expect, onTestFinished }) => {
    const { share, max } = await near('heap', { expect, onTestFinished }, { nodeArgs: ['--max-old-space-size=64'] });
    expect(share).toBeGreaterThanOrEqual(0.9);
    expect(max).toBe(64 * MIB);
  });

  it('descriptors that are nearly used up are reported', async ({ expect, onTestFinished }) => {
    const { share, max } = await near('file_descriptors', { expect, onTestFinished }, { before: 'ulimit -n 100;' });
    expect(share).toBeGreaterThanOrEqual(0.9);
    expect(max).toBe(100);
  });

  it('an event loop that is late in each turn for ten seconds is reported', async ({ expect, onTestFinished }) => {
    const { share, max } = await near('event_loop', { expect, onTestFinished }, {});
    expect(share).toBeGreaterThanOrEqual(1);
    expect(max).toBe(1_000);
  });

  it.skipIf(!cgroup)('a cgroup that is nearly full is reported', async ({ expect, onTestFinished }) => {
    const { share, max } = await near('cgroup', { expect, onTestFinished }, { cgroup });
    expect(share).toBeGreaterThanOrEqual(0.9);
    expect(max).toBe(220 * MIB);
  });

  it.skipIf(!disk)('a disk of the spool that is nearly full is reported', async ({ expect, onTestFinished }) => {
    onTestFinished(() => {
      execFileSync('umount', [disk]);
      rmdirSync(disk);
    });
    // Of 4 MiB some 100 KiB are left.
    writeFileSync(join(disk, 'others'), Buffer.alloc(3.9 * MIB));
    const { share, max } = await near('spool_disk', { expect, onTestFinished }, { base: disk });
    expect(share).toBeGreaterThanOrEqual(0.95);
    expect(max).toBe(4 * MIB);
  });
});

/** Version 1 of cgroups, and root; else empty. */
function makeCgroup(): string {
  const directory = `/sys/fs/cgroup/memory/foreshock-limits-${process.pid}`;
  try {
    mkdirSync(directory);
  } catch {
    return '';
  }
  writeFileSync(join(directory, 'memory.limit_in_bytes'), String(220 * MIB));
  return directory;
}

/** For root; else empty. */
function mountDisk(): string {
  const directory = mkdtempSync(join(tmpdir(), 'foreshock-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=700', 'tmpfs', directory], { stdio: 'ignore' });
    return directory;
  } catch {
    rmdirSync(directory);
    return '';
  }
}
