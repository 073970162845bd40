import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeBinary, runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { spoolFiles, untilSpool } from './spool-state.ts';

const BIN = fileURLToPath(new URL('../../packages/foreshock/dist/bin.js', import.meta.url));
const SLOW = { timeout: 120_000 };

let collector: Collector;
let base: string;
let directory: string;
beforeEach(async () => {
  collector = await startCollector();
  base = mkdtempSync(join(tmpdir(), 'foreshock-recover-'));
  // The default one below this directory for temporary files.
  directory = join(base, `foreshock-${process.getuid?.() ?? 'user'}`);
});
afterEach(async () => {
  await collector.close();
  rmSync(base, { recursive: true, force: true });
});

async function leave(service: string): Promise<void> {
  const app = await runFixture(new URL('./fixtures/service.cjs', import.meta.url), {
    args: ['killed'],
    collector,
    readyTimeoutMs: 60_000,
    env: { FORESHOCK_SPOOL_DIR: directory, OTEL_SERVICE_NAME: service, OTEL_BSP_SCHEDULE_DELAY: '600000' },
  });
  const { port } = await app.ready;
  void fetch(`http://127.0.0.1:${port}/hang`).catch(() => {});
  await untilSpool(directory, app.pid, ({ open }) => open === 1);
  app.kill('SIGKILL');
  await app.exited;
}

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function recover(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      nodeBinary(24),
      [BIN, 'recover', ...args],
      { env: { TMPDIR: base, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env } },
      (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

it(
  'without a directory and a service it sends nothing, and lists what is left; with a service, only what is its',
  SLOW,
  async () => {
    expect(await recover([])).toEqual({ code: 0, stdout: '', stderr: `foreshock: nothing is left in ${directory}\n` });
    await leave('orders');
    await leave('stock');
    const listed = await recover([]);
    expect(listed.code).toBe(0);
    expect(listed.stdout.split('\n').toSorted()).toEqual([
      '',
      expect.stringMatching(/foreshock-\d+\/orders-[\da-f]{8} {2}orders, 1 process, from \d{4}-.*Z on$/),
      expect.stringMatching(/foreshock-\d+\/stock-[\da-f]{8} {2}stock, 1 process, from \d{4}-.*Z on$/),
    ]);
    expect(listed.stderr).toContain('nothing was sent');
    expect(collector.spans).toEqual([]);
    const { code, stdout } = await recover([], { OTEL_SERVICE_NAME: 'stock' });
    expect({ code, service: JSON.parse(stdout).service }).toEqual({ code: 0, service: 'stock' });
    expect(new Set(collector.spans.map(({ resource }) => resource['service.name']))).toEqual(new Set(['stock']));
    expect(spoolFiles(base)).toHaveLength(1);
  },
);

it('ends at the first request that a backend does not answer: one line, no report, and all stays', SLOW, async () => {
  await leave('orders');
  const url = 'http://127.0.0.1:9';
  const refused = await recover([directory], { OTEL_EXPORTER_OTLP_ENDPOINT: url });
  expect(refused).toEqual({
    code: 1,
    stdout: '',
    stderr: `foreshock: ${url}/v1/traces cannot be reached (ECONNREFUSED)\n`,
  });
  expect(spoolFiles(base)).toHaveLength(1);
  const { code, stdout } = await recover([directory]);
  expect({ code, event: JSON.parse(stdout).event }).toEqual({ code: 0, event: 'process.died' });
  expect(spoolFiles(base)).toEqual([]);
});
