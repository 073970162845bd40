import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCollector, startPostgres, PRELOAD, type Collector, type ReceivedSpan } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { chaosOf, spansOf, startApp, startUpstream } from './start.ts';

const LONG = 60_000;
let collector: Collector;
let upstream: Awaited<ReturnType<typeof startUpstream>>;
let DATABASE_URL: string;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'foreshock-chaos-'));
  [collector, upstream, { url: DATABASE_URL }] = await Promise.all([
    startCollector(),
    startUpstream(),
    startPostgres(),
  ]);
});
afterEach(() => collector.clear());
afterAll(async () => {
  upstream.server.close();
  await collector.close();
  rmSync(folder, { recursive: true });
});

it('a connection that is held keeps others waiting, who see who has it', async () => {
  const plan = { faults: [{ fault: 'hold', ms: 1_500, for: LONG }] };
  const app = await startApp(plan, collector, { DATABASE_URL, POOL_MAX: '1' });
  await expect(Promise.all([app.call('query'), app.call('query')])).resolves.toEqual([{ result: 1 }, { result: 1 }]);
  const isWait = ({ name, attributes }: ReceivedSpan): boolean =>
    name.startsWith('pool.acquire') && attributes['pool.wait_reason'] === 'queue';
  const [wait] = await spansOf(collector, 1, isWait);
  expect(wait!.durationMs).toBeGreaterThan(1_000);
  const held = await spansOf(collector, 2, (span) => chaosOf(span).length > 0);
  expect(held.map(({ name, kind }) => [name, kind])).toEqual([
    ['GET', 'SERVER'],
    ['GET', 'SERVER'],
  ]);
  const { hostname, port } = new URL(DATABASE_URL);
  const event = { 'chaos.boundary': 'pool', 'chaos.target': `${hostname}:${port}`, 'chaos.ms': 1_500 };
  for (const span of held) expect(chaosOf(span)).toEqual([{ name: 'chaos.hold', attributes: event }]);
});

it('a connection that leaks never comes back', async () => {
  const plan = { faults: [{ fault: 'leak', for: LONG }] };
  const env = { DATABASE_URL, POOL_MAX: '2', FORESHOCK_POOL_LEAK_MS: '300' };
  const app = await startApp(plan, collector, env);
  await app.call('query');
  await app.call('query');
  const leaks = await spansOf(collector, 2, ({ name }) => name.startsWith('pool.leak'));
  const held = await spansOf(collector, 2, (span) => chaosOf(span).length > 0);
  expect(leaks.map(({ traceId }) => traceId).toSorted()).toEqual(held.map(({ traceId }) => traceId).toSorted());
});

it.each(['tarn', 'generic'])('pools of %s hold and leak', async (pool) => {
  const file = join(folder, `${pool}.json`);
  writeFileSync(file, JSON.stringify({ faults: [{ fault: 'hold', target: 'db:1', ms: 200, for: LONG }] }));
  const app = await startApp(file, collector);
  const { result: held } = await app.call(pool);
  expect(held.ms).toBeGreaterThanOrEqual(199);
  expect(held.left).toBe(0);
  writeFileSync(file, JSON.stringify({ faults: [{ fault: 'leak', for: LONG }] }));
  await app.fixture.waitForLine('stderr', (line) => line.includes('leak on pool BEGINS'));
  await expect(app.call(pool)).resolves.toMatchObject({ result: { left: 1 } });
});

it('a consumer is slow inside of its own span', async () => {
  const plan = { faults: [{ fault: 'delay', on: 'consumer', target: 'letters', ms: 300, for: LONG }] };
  const app = await startApp(plan, collector, { DATABASE_URL, WITH_JOBS: '1' });
  await app.call('send');
  const [handled] = await spansOf(collector, 1, ({ kind, name }) => kind === 'CONSUMER' && name === 'process letters');
  expect(handled!.durationMs).toBeGreaterThanOrEqual(299);
  expect(chaosOf(handled!)).toEqual([
    { name: 'chaos.delay', attributes: { 'chaos.boundary': 'consumer', 'chaos.target': 'letters', 'chaos.ms': 300 } },
  ]);
});

it('of the messages of a consumer only those with a text fail', async () => {
  const plan = { faults: [{ fault: 'fail', on: 'consumer', target: 'letters', match: '"to":"home"', for: LONG }] };
  const app = await startApp(plan, collector, { DATABASE_URL, WITH_JOBS: '1' });
  await app.call('send-home');
  await app.call('send');
  const handled = await spansOf(collector, 2, ({ kind, name }) => kind === 'CONSUMER' && name === 'process letters');
  expect(handled.map((span) => [span.status.code, chaosOf(span).length]).toSorted()).toEqual([
    ['ERROR', 1],
    ['UNSET', 0],
  ]);
});

it('a blocked loop is on the spans of the requests that it delays', async () => {
  const plan = {
    faults: [
      { fault: 'block', ms: 150, everyMs: 200, for: LONG },
      { fault: 'slow-connect', on: 'http', ms: 1_500, for: LONG },
    ],
  };
  const app = await startApp(plan, collector, { UPSTREAM_URL: upstream.url });
  await app.call('fetch');
  const [served] = await spansOf(collector, 1, ({ kind }) => kind === 'SERVER');
  expect(chaosOf(served!)[0]).toEqual({
    name: 'chaos.block',
    attributes: { 'chaos.boundary': 'process', 'chaos.target': 'this process', 'chaos.ms': 150 },
  });
});

it('memory is filled, and the process killed as by the kernel', async () => {
  const plan = {
    faults: [
      { fault: 'memory', megabytes: 20, for: 400 },
      // So much later that the other has ended on a busy machine, too.
      { fault: 'kill', from: 3_000, for: 1_000 },
    ],
  };
  const app = await startApp(plan, collector);
  const { signal, stderr } = await app.fixture.exited;
  expect(signal).toBe('SIGKILL');
  expect(stderr).toMatch(/memory on process BEGINS.*memory on process ENDED.*kill on process BEGINS/s);
});

it('is loud, notes what it did, and follows its file', async () => {
  const [file, record] = [join(folder, 'plan.json'), join(folder, 'record.jsonl')];
  writeFileSync(file, '{"faults":[]}');
  const app = await startApp(file, collector, { UPSTREAM_URL: upstream.url });
  await expect(app.call('fetch')).resolves.toEqual({ result: [200, 2] });
  writeFileSync(file, JSON.stringify({ record, faults: [{ fault: 'fail', on: 'http', for: LONG }] }));
  await app.fixture.waitForLine('stderr', (line) => line.includes('BEGINS'));
  await expect(app.call('fetch')).resolves.toMatchObject({ result: [503, 28] });
  writeFileSync(file, '{ "faults": [');
  await app.fixture.waitForLine('stderr', (line) => line.includes('ENDED'));
  await expect(app.call('fetch')).resolves.toEqual({ result: [200, 2] });
  const { stderr } = await app.fixture.stop();
  const lines = stderr.split('\n').filter((line) => line.startsWith('foreshock/chaos: '));
  expect(lines).toEqual([
    'foreshock/chaos: FAULTS ON PURPOSE in app: 0 planned, seed 1',
    'foreshock/chaos: FAULTS ON PURPOSE in app: 1 planned, seed 1',
    expect.stringMatching(/^foreshock\/chaos: fail on http BEGINS, for \d+ ms$/),
    expect.stringMatching(
      /^foreshock\/chaos: fail on http injected at 127\.0\.0\.1:\d+ \(1 so far\), trace [\da-f]{32}$/,
    ),
    expect.stringMatching(/^foreshock\/chaos: .*plan\.json is not JSON \(.*\): nothing is injected$/),
    'foreshock/chaos: fail on http ENDED, injected 1 times',
  ]);
  const noted = readFileSync(record, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(noted).toMatchObject([
    { moment: 'begin', service: 'app', fault: 'fail', on: 'http', injected: 0 },
    { moment: 'end', service: 'app', fault: 'fail', on: 'http', injected: 1 },
  ]);
});

it.each([
  [undefined, {}, 'FORESHOCK_CHAOS is not set: nothing is injected'],
  [
    '{"faults":[{"fault":"dely"}]}',
    {},
    'FORESHOCK_CHAOS faults\\[0\\].fault is none of delay, fail, .*: nothing is injected',
  ],
  ['/no/such/plan.json', {}, '/no/such/plan.json cannot be read \\(ENOENT.*: nothing is injected'],
  [
    '{"faults":[{"fault":"fail","on":"http","for":60000}]}',
    { NODE_ENV: 'production' },
    'NODE_ENV is production: nothing is injected.*',
  ],
  [
    '{"faults":[{"fault":"fail","on":"http","for":60000}]}',
    { NODE_ENV: 'production', FORESHOCK_CHAOS_PRODUCTION: 'another' },
    'NODE_ENV is production: nothing is injected.*',
  ],
])('%s %j: one line, and nothing is injected', async (plan, env, line) => {
  const app = await startApp(plan, collector, { UPSTREAM_URL: upstream.url, ...env });
  await expect(app.call('fetch')).resolves.toEqual({ result: [200, 2] });
  const { stderr } = await app.fixture.stop();
  expect(stderr).toMatch(new RegExp(`^foreshock/chaos: ${line}\n$`));
});

it('works in production where the variable names the service', async () => {
  const env = { NODE_ENV: 'production', OTEL_SERVICE_NAME: 'shop', FORESHOCK_CHAOS_PRODUCTION: 'shop' };
  const app = await startApp({ faults: [{ fault: 'fail', on: 'http', for: LONG }] }, collector, {
    UPSTREAM_URL: upstream.url,
    ...env,
  });
  await expect(app.call('fetch')).resolves.toMatchObject({ result: [503, 28] });
});

it('is no part of the main preload', () => {
  for (const file of [PRELOAD, PRELOAD.replace('register.cjs', 'preload.cjs')]) {
    expect(readFileSync(file, 'utf8')).not.toContain('FORESHOCK_CHAOS');
  }
});
