import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCollector, startPostgres, startRedis, type Collector } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chaosOf, spansOf, startApp, startUpstream } from './start.ts';

const LONG = 60_000;
let collector: Collector;
let upstream: Awaited<ReturnType<typeof startUpstream>>;
let DATABASE_URL: string;
let REDIS_URL: string;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'foreshock-chaos-'));
  [collector, upstream, { url: DATABASE_URL }, { url: REDIS_URL }] = await Promise.all([
    startCollector(),
    startUpstream(),
    startPostgres(),
    startRedis(),
  ]);
});
afterEach(() => collector.clear());
afterAll(async () => {
  upstream.server.close();
  await collector.close();
  rmSync(folder, { recursive: true });
});

describe.each(['app.mjs', 'app.cjs'] as const)('%s', (file) => {
  it('a delayed query takes that much longer, and says why', async () => {
    const plan = { faults: [{ fault: 'delay', on: 'database', match: 'SELECT', ms: 300, for: LONG }] };
    const app = await startApp(plan, collector, { DATABASE_URL }, file);
    await expect(app.call('prepared')).resolves.toEqual({ result: 1 });
    const [query] = await spansOf(collector, 1, ({ name }) => name === 'SELECT');
    const { port, hostname } = new URL(DATABASE_URL);
    expect(query).toMatchObject({ name: 'SELECT', kind: 'CLIENT', status: { code: 'UNSET' } });
    expect(query!.durationMs).toBeGreaterThanOrEqual(299);
    expect(chaosOf(query!)).toEqual([
      {
        name: 'chaos.delay',
        attributes: { 'chaos.boundary': 'database', 'chaos.target': `${hostname}:${port}`, 'chaos.ms': 300 },
      },
    ]);
  });

  it('a dependency that is down refuses, by its own address', async () => {
    const plan = { faults: [{ fault: 'refuse', on: 'http', target: `127.0.0.1:${upstream.port}`, for: LONG }] };
    const app = await startApp(plan, collector, { UPSTREAM_URL: upstream.url }, file);
    const refused = { code: 'ECONNREFUSED', message: `connect ECONNREFUSED 127.0.0.1:${upstream.port}` };
    await expect(app.call('fetch')).resolves.toEqual(refused);
    await expect(app.call('get')).resolves.toEqual(refused);
    const calls = await spansOf(collector, 2, ({ kind }) => kind === 'CLIENT');
    for (const call of calls) {
      expect(call).toMatchObject({
        name: 'GET',
        status: { code: 'ERROR' },
        attributes: { 'error.type': 'ECONNREFUSED' },
      });
      expect(chaosOf(call).map(({ name }) => name)).toEqual(['chaos.refuse']);
    }
  });
});

it('a failing database answers by an error of its own, inside of a transaction too', async () => {
  const plan = { faults: [{ fault: 'fail', on: 'database', match: 'SELECT', code: '53300', for: LONG }] };
  const app = await startApp(plan, collector, { DATABASE_URL });
  const failed = { code: '53300', message: 'injected by foreshock/chaos' };
  await expect(app.call('query')).resolves.toEqual(failed);
  await expect(app.call('prepared')).resolves.toEqual(failed);
  // The connection is in step: ROLLBACK is answered, and so is the next query.
  await expect(app.call('transaction')).resolves.toEqual({ result: '53300' });
  const queries = await spansOf(collector, 5, ({ kind }) => kind === 'CLIENT');
  expect(queries.map((span) => [span.name, span.attributes['error.type'], chaosOf(span).length])).toEqual([
    ['SELECT', '53300', 1],
    ['SELECT', '53300', 1],
    ['BEGIN', undefined, 0],
    ['SELECT', '53300', 1],
    ['ROLLBACK', undefined, 0],
  ]);
});

it('a failing cache answers by an error of its own', async () => {
  const plan = { faults: [{ fault: 'fail', on: 'cache', match: '\r\nget\r\n', for: LONG }] };
  const app = await startApp(plan, collector, { REDIS_URL });
  await expect(app.call('cache')).resolves.toMatchObject({ message: expect.stringContaining('INJECTED.CHAOS') });
  const [lookup] = await spansOf(collector, 1, ({ name }) => name.toLowerCase().startsWith('get'));
  expect(chaosOf(lookup!).map(({ name }) => name)).toEqual(['chaos.fail']);
});

it('a cache that is dropped resets its connections and refuses new ones, until it is back', async () => {
  const file = join(folder, 'dropped.json');
  writeFileSync(file, '{"faults":[]}');
  const app = await startApp(file, collector, { REDIS_URL });
  await expect(app.call('cache')).resolves.toEqual({ result: null });
  const { host: target } = new URL(REDIS_URL);
  writeFileSync(file, JSON.stringify({ faults: [{ fault: 'refuse', on: 'cache', target, for: LONG }] }));
  await app.fixture.waitForLine('stderr', (line) => line.includes('BEGINS'));
  await expect(app.call('cache')).resolves.toMatchObject({ message: expect.stringMatching(/max retries|closed/i) });
  writeFileSync(file, '{"faults":[]}');
  await app.fixture.waitForLine('stderr', (line) => line.includes('ENDED'));
  while ((await app.call('cache')).result !== null);
});

it('a share of calls over HTTP fails, the same ones for the same seed', async () => {
  const outcomes = [];
  for (const seed of [7, 7, 8]) {
    const plan = { seed, faults: [{ fault: 'fail', on: 'http', share: 0.5, status: 502, for: LONG }] };
    const app = await startApp(plan, collector, { UPSTREAM_URL: upstream.url });
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await app.call(i % 2 ? 'fetch' : 'get')).result[0]);
    await app.fixture.stop();
    outcomes.push(statuses);
  }
  expect(outcomes[0]).toEqual(outcomes[1]);
  expect(outcomes[0]).not.toEqual(outcomes[2]);
  expect(new Set(outcomes[0])).toEqual(new Set([200, 502]));
  const failed = await spansOf(collector, 1, (span) => span.attributes['http.response.status_code'] === 502);
  for (const span of failed.filter(({ kind }) => kind === 'CLIENT')) {
    expect(chaosOf(span).map(({ name }) => name)).toEqual(['chaos.fail']);
  }
});

it('a request with a body is answered before it is sent', async () => {
  const plan = { faults: [{ fault: 'fail', on: 'http', for: LONG }] };
  const app = await startApp(plan, collector, { UPSTREAM_URL: upstream.url });
  upstream.requests.length = 0;
  await expect(app.call('post')).resolves.toMatchObject({ result: [503, 28] });
  expect(upstream.requests).toEqual([]);
});

it('a black hole answers nothing, and what was sent into it arrives at its end', async () => {
  const target = `127.0.0.1:${upstream.port}`;
  const plan = { faults: [{ fault: 'black-hole', on: 'http', target, from: 2_000, for: 1_500 }] };
  const app = await startApp(plan, collector, { UPSTREAM_URL: upstream.url });
  await app.call('get');
  await spansOf(collector, 1, ({ kind }) => kind === 'CLIENT');
  await app.fixture.waitForLine('stderr', (line) => line.includes('BEGINS'));
  collector.clear();
  let ended = false;
  const over = app.fixture.waitForLine('stderr', (line) => line.includes('ENDED')).then(() => (ended = true));
  // One over a connection that is open, one over a new one.
  const answers = Promise.all([app.call('get'), app.call('fetch')]);
  await Promise.race([answers, over]);
  expect(ended).toBe(true);
  await expect(answers).resolves.toEqual([{ result: [200, 2] }, { result: [200, 2] }]);
  const calls = await spansOf(collector, 2, ({ kind }) => kind === 'CLIENT');
  for (const call of calls) expect(chaosOf(call)[0]).toMatchObject({ name: 'chaos.black-hole' });
});

it('a name that is slow to look up is slow in its phase, and one that does not exist fails', async () => {
  const slow = { faults: [{ fault: 'delay', on: 'dns', target: 'localhost', ms: 250, for: LONG }] };
  const app = await startApp(slow, collector, { UPSTREAM_URL: upstream.url });
  await expect(app.call('named')).resolves.toEqual({ result: [200, 2] });
  const [call] = await spansOf(collector, 1, ({ kind }) => kind === 'CLIENT');
  expect(call!.attributes['http.phase.dns_ms']).toBeGreaterThanOrEqual(249);
  expect(chaosOf(call!)).toEqual([
    { name: 'chaos.delay', attributes: { 'chaos.boundary': 'dns', 'chaos.target': 'localhost', 'chaos.ms': 250 } },
  ]);

  const gone = { faults: [{ fault: 'fail', on: 'dns', code: 'EAI_AGAIN', for: LONG }] };
  const failing = await startApp(gone, collector, { UPSTREAM_URL: upstream.url });
  await expect(failing.call('named')).resolves.toMatchObject({ code: 'EAI_AGAIN' });
});

it('a slow connection is slow in its phase', async () => {
  const plan = { faults: [{ fault: 'slow-connect', on: 'http', ms: 250, for: LONG }] };
  const app = await startApp(plan, collector, { UPSTREAM_URL: upstream.url });
  await expect(app.call('fetch')).resolves.toEqual({ result: [200, 2] });
  const [call] = await spansOf(collector, 1, ({ kind }) => kind === 'CLIENT');
  expect(call!.durationMs).toBeGreaterThanOrEqual(249);
  expect(chaosOf(call!).map(({ name }) => name)).toEqual(['chaos.slow-connect']);
});

it('a throttled download takes as long as its bytes need', async () => {
  const large = await startUpstream(200_000);
  const plan = { faults: [{ fault: 'throttle', on: 'http', bytesPerSecond: 400_000, for: LONG }] };
  const app = await startApp(plan, collector, { UPSTREAM_URL: large.url });
  await expect(app.call('fetch')).resolves.toEqual({ result: [200, 200_000] });
  const [call] = await spansOf(collector, 1, ({ kind }) => kind === 'CLIENT');
  expect(call!.durationMs).toBeGreaterThan(250);
  large.server.close();
});
