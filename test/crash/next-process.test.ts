import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nodeBinary, runFixture, startCollector, type Collector, type Fixture } from '@foreshock/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { spoolFiles, untilFiles, untilSpool } from './spool-state.ts';

// A start of a process, and the seconds before it looks for what is left.
const SOON = { timeoutMs: 60_000 };
const SLOW = { timeout: 120_000 };

let collector: Collector;
let base: string;
beforeEach(async () => {
  collector = await startCollector();
  base = mkdtempSync(join(tmpdir(), 'foreshock-next-'));
});
afterEach(async () => {
  await collector.close();
  rmSync(base, { recursive: true, force: true });
});

async function start(
  service: string,
  env: Record<string, string> = {},
  way = 'killed',
): Promise<Fixture & { ask(path: string): Promise<void> }> {
  const app = await runFixture(new URL('./fixtures/service.cjs', import.meta.url), {
    args: [way],
    collector,
    readyTimeoutMs: 60_000,
    env: { FORESHOCK_SPOOL_DIR: base, OTEL_SERVICE_NAME: service, OTEL_BSP_SCHEDULE_DELAY: '600000', ...env },
  });
  const { port } = await app.ready;
  return Object.assign(app, {
    ask: async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
      await response?.text();
    },
  });
}

async function leave(service: string, path: string): Promise<void> {
  const app = await start(service);
  await app.ask(path);
  void app.ask('/hang');
  await untilSpool(base, app.pid, ({ finished, open }) => finished === 1 && open === 1);
  app.kill('SIGKILL');
  await app.exited;
}

/** Bit 14 of the caught signals; also set before the first listener, by Node (`SignalExit` in src/node.cc). */
function listensToSigterm(pid: number): boolean {
  const caught = /^SigCgt:\s*([\da-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]!;
  return (BigInt(`0x${caught}`) & (1n << 14n)) !== 0n;
}

const paths = (): unknown[] => collector.spans.map((span) => span.attributes['url.path'] ?? span.name).toSorted();

it('the next process of a service sends what a killed one has left, and nothing of another service', SLOW, async () => {
  await leave('orders', '/one');
  await leave('stock', '/two');
  const next = await start('orders');
  await collector.waitForSpans(3, SOON);
  expect(paths()).toEqual(['/hang', '/one', 'process.died']);
  const line = await next.waitForLine('stderr', (text) => text.includes('process.died'));
  expect(JSON.parse(line.slice('foreshock: '.length))).toMatchObject({
    event: 'process.died',
    service: 'orders',
    cause: 'signal',
    interrupted: 1,
    longest: [{ name: 'GET /hang' }],
  });
  // That of the other service is left.
  await untilFiles(base, 1);
  await next.stop();
  await start('stock');
  await collector.waitForSpans(6, SOON);
  expect(paths()).toEqual(['/hang', '/hang', '/one', '/two', 'process.died', 'process.died']);
});

it(
  'processes that live beside each other leave each other alone; of several that start, one sends what is left',
  SLOW,
  async () => {
    const living = await start('orders');
    await living.ask('/living');
    await untilSpool(base, living.pid, ({ finished }) => finished === 1);
    await leave('orders', '/left');
    const next = await Promise.all([start('orders'), start('orders')]);
    await collector.waitForSpans(3, SOON);
    await untilFiles(base, 1);
    for (const app of next) await app.stop();
    expect(paths()).toEqual(['/hang', '/left', 'process.died']);
    await living.stop();
    await collector.waitForSpans(4, SOON);
    expect(paths()).toEqual(['/hang', '/left', '/living', 'process.died']);
    expect(spoolFiles(base)).toEqual([]);
  },
);

it.each([
  ['refuses', { status: 503 }],
  ['never answers', { hang: true }],
])(
  'what a process could not deliver as its backend %s is delivered by the next, without a report',
  SLOW,
  async (_, how) => {
    collector.respond(how);
    const app = await start('orders', { FORESHOCK_FLUSH_MS: '500' });
    await app.ask('/undelivered');
    // With a heartbeat the sender thread runs, which hears the signal.
    await untilSpool(base, app.pid, ({ finished, heartbeat }) => finished === 1 && heartbeat !== undefined);
    const { stderr } = await app.stop();
    expect(stderr).toContain('1 span left on disk for the next process');
    expect(collector.spans).toEqual([]);
    collector.respond(undefined);
    const next = await start('orders');
    await collector.waitForSpans(1, SOON);
    await untilFiles(base, 0);
    const { stderr: later } = await next.stop();
    expect(later).toBe('');
    expect(paths()).toEqual(['/undelivered']);
  },
);

it(
  'what is open when another program takes its place by execve is sent before, the rest by that program',
  SLOW,
  async () => {
    const app = await start('orders', { FORESHOCK_FLUSH_MS: '500' }, 'replaced');
    void app.ask('/hang/one');
    await untilSpool(base, app.pid, ({ open }) => open === 1);
    await app.ask('/die');
    await collector.waitForSpans(2, SOON);
    expect(paths()).toEqual(['/die', '/hang/one']);
    expect(collector.spans.map(({ attributes }) => attributes['foreshock.interrupted'])).toContain(true);
    await app.stop();
    // A backend is down.
    collector.respond({ status: 503 });
    const other = await start('orders', { FORESHOCK_FLUSH_MS: '500' }, 'replaced');
    void other.ask('/hang/two');
    await untilSpool(base, other.pid, ({ open }) => open === 1);
    await other.ask('/die');
    await other.waitForLine('stderr', (text) => text.includes('left on disk for the next process'));
    collector.respond(undefined);
    await collector.waitForSpans(4, SOON);
    expect(paths()).toEqual(['/die', '/die', '/hang/one', '/hang/two']);
    await untilFiles(base, 0);
    const { stderr } = await other.stop();
    expect(stderr).not.toContain('process.died');
  },
);

it('an idle process that SIGTERM ends is not reported as killed', SLOW, async () => {
  const app = await start('orders', { OTEL_BSP_SCHEDULE_DELAY: '50' });
  await app.ask('/delivered');
  await collector.waitForSpans(1, SOON);
  await untilSpool(base, app.pid, ({ finished, heartbeat }) => finished === 0 && heartbeat?.waitingSpans === 0);
  // From now on the signal has its default effect: the process does not mark its end.
  while (listensToSigterm(app.pid)) await pause(20);
  await app.stop();
  await untilFiles(base, 1);
  const next = await start('orders');
  await untilFiles(base, 0);
  const { stderr } = await next.stop();
  expect(stderr).toBe('');
  expect(paths()).toEqual(['/delivered']);
});

it.each([
  ['SIGSEGV', 'native_crash'],
  ['SIGKILL', 'signal'],
] as const)('of a worker of a cluster that %s ended, its parent knows the signal', SLOW, async (signal, cause) => {
  const app = await runFixture(new URL('./fixtures/cluster.cjs', import.meta.url), {
    collector,
    readyTimeoutMs: 60_000,
    env: { FORESHOCK_SPOOL_DIR: base, OTEL_SERVICE_NAME: 'cluster', OTEL_BSP_SCHEDULE_DELAY: '600000' },
  });
  const { port, worker } = await app.ready;
  void fetch(`http://127.0.0.1:${port}/hang`).catch(() => {});
  await untilSpool(base, worker, ({ open, heartbeat }) => open === 1 && heartbeat !== undefined);
  process.kill(worker, signal);
  const line = await app.waitForLine('stderr', (text) => text.includes('process.died'));
  expect(JSON.parse(line.slice('foreshock: '.length))).toMatchObject({
    pid: worker,
    cause,
    evidence: `its parent saw it end by ${signal}`,
    interrupted: 1,
  });
  await collector.waitForSpans((spans) => spans.some(({ name }) => name === 'process.died'), SOON);
  expect(collector.spans.find(({ name }) => name === 'process.died')!.attributes).toMatchObject({
    'process.died.cause': cause,
    'error.type': signal,
  });
  await app.stop();
});

it('what a terminated worker thread and a fork have ended is left as well', SLOW, async () => {
  const app = await runFixture(new URL('./fixtures/threads.cjs', import.meta.url), {
    collector,
    readyTimeoutMs: 60_000,
    env: { FORESHOCK_SPOOL_DIR: base, OTEL_SERVICE_NAME: 'threads', OTEL_BSP_SCHEDULE_DELAY: '600000' },
  });
  const { child } = await app.ready;
  for (const pid of [app.pid, child]) await untilSpool(base, pid, ({ finished }) => finished === 1);
  app.kill('SIGKILL');
  process.kill(child, 'SIGKILL');
  await app.exited;
  await start('threads');
  await collector.waitForSpans((spans) => spans.filter(({ name }) => name.startsWith('of a')).length >= 2, SOON);
  // A slow machine adds the trace of a start.
  expect(paths().filter((path) => path !== 'start threads')).toEqual([
    'of a fork',
    'of a worker thread',
    'process.died',
    'process.died',
  ]);
});

it('a heartbeat says how pools and breakers are, and what failed last', SLOW, async () => {
  const app = await runFixture(new URL('./fixtures/full-pool.cjs', import.meta.url), {
    collector,
    readyTimeoutMs: 60_000,
    env: { FORESHOCK_SPOOL_DIR: base, OTEL_SERVICE_NAME: 'pools', OTEL_BSP_SCHEDULE_DELAY: '600000' },
  });
  await app.ready;
  const { heartbeat } = await untilSpool(
    base,
    app.pid,
    ({ heartbeat: last }) => last !== undefined && last.state !== '' && last.error !== '',
  );
  expect(heartbeat).toMatchObject({
    state: 'breaker payments open; generic-pool 2/2, 1 waiting',
    error: 'pay: Declined, no funds',
  });
  expect(heartbeat!.oldSpace).toBeGreaterThan(0);
  expect(heartbeat!.external).toBeGreaterThan(0);
  expect(heartbeat!.available).toBeGreaterThan(0);
  await app.stop();
});

it('a heartbeat says which error a listener of the application has handled', SLOW, async () => {
  const app = await runFixture(new URL('./fixtures/handled-error.cjs', import.meta.url), {
    collector,
    readyTimeoutMs: 60_000,
    env: { FORESHOCK_SPOOL_DIR: base, OTEL_SERVICE_NAME: 'handled', OTEL_BSP_SCHEDULE_DELAY: '600000' },
  });
  await app.ready;
  const { heartbeat } = await untilSpool(base, app.pid, ({ heartbeat: last }) => Boolean(last?.error));
  expect(heartbeat!.error).toBe('handled by a listener: uncaught error: no such order');
  await app.stop();
});

it('an application without a file descriptor left lives on, and its span arrives', SLOW, async () => {
  const fixture = fileURLToPath(new URL('./fixtures/descriptors.cjs', import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(
    'sh',
    ['-c', 'ulimit -n 60 && exec "$0" "$@"', nodeBinary(24), '--require', 'foreshock/register', fixture],
    { env: { FORESHOCK_SPOOL_DIR: base, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } },
  );
  expect({ stdout, stderr }).toEqual({ stdout: 'EMFILE\nalive\n', stderr: '' });
  expect(paths()).toContain('request');
});

it('a directory that cannot be used costs one line, and no span', SLOW, async () => {
  const app = await start('orders', { FORESHOCK_SPOOL_DIR: '/proc/foreshock' });
  await app.ask('/one');
  const line = await app.waitForLine('stderr', (text) => text.includes('spool'));
  expect(line).toMatch(
    /^foreshock: spans wait in memory only, the spool \/proc\/foreshock\/orders-[\da-f]{8} cannot be used: E/,
  );
  // From outside, the signal may come before the thread listens, with its default effect.
  await app.ask('/end');
  const { stderr, signal } = await app.exited;
  expect(signal).toBe('SIGTERM');
  expect(stderr.trim().split('\n')).toHaveLength(1);
  await collector.waitForSpans(1, SOON);
});

it('without a directory nothing is written', SLOW, async () => {
  const env = { FORESHOCK_SPOOL_DIR: '', TMPDIR: base, OTEL_BSP_SCHEDULE_DELAY: '50' };
  const app = await start('orders', env);
  void app.ask('/hang');
  await app.ask('/one');
  await collector.waitForSpans(1, SOON);
  app.kill('SIGKILL');
  await app.exited;
  expect(spoolFiles(base)).toEqual([]);
});
