import { createServer, type Server } from 'node:https';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startCollector,
  startMariaDb,
  startRabbitMq,
  startRedis,
  type Collector,
  type ReceivedSpan,
} from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CERTIFICATE } from '../../instrumentation-http/test/certificate.ts';
import { chaosOf, spansOf, startApp, type App } from './start.ts';

const LONG = 60_000;
const NOTHING = '{"faults":[]}';
let collector: Collector;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'foreshock-chaos-'));
  collector = await startCollector();
});
afterEach(() => collector.clear());
afterAll(async () => {
  await collector.close();
  rmSync(folder, { recursive: true });
});

async function start(env: Record<string, string>, fault: object): Promise<App> {
  return startApp({ faults: [{ for: LONG, ...fault }] }, collector, env, 'libraries.cjs');
}

const isCall = ({ kind, name }: ReceivedSpan): boolean => kind === 'CLIENT' && /^(?:SELECT|GET)/.test(name);

describe('mysql2', () => {
  let MYSQL_URL: string;
  beforeAll(async () => void ({ url: MYSQL_URL } = await startMariaDb()));

  it('delays queries and prepared statements', async () => {
    const app = await start({ MYSQL_URL }, { fault: 'delay', on: 'database', match: 'SELECT', ms: 200 });
    await expect(app.call('query')).resolves.toEqual({ result: 1 });
    await expect(app.call('prepared')).resolves.toMatchObject({ result: 1 });
    const [query] = await spansOf(collector, 2, isCall);
    expect(query!.durationMs).toBeGreaterThanOrEqual(199);
    expect(chaosOf(query!)).toEqual([
      {
        name: 'chaos.delay',
        attributes: { 'chaos.boundary': 'database', 'chaos.target': new URL(MYSQL_URL).host, 'chaos.ms': 200 },
      },
    ]);
  });

  it('fails a query by an error of the server, whose connection goes on', async () => {
    const app = await start({ MYSQL_URL }, { fault: 'fail', on: 'database', match: 'SELECT 1', code: '45000' });
    await expect(app.call('query')).resolves.toMatchObject({ message: expect.stringContaining('injected') });
    await expect(app.call('prepared')).resolves.toEqual({ result: 1 });
    const [failed, other] = await spansOf(collector, 2, isCall);
    expect(failed).toMatchObject({ status: { code: 'ERROR' } });
    expect([chaosOf(failed!).length, chaosOf(other!).length]).toEqual([1, 0]);
  });

  it('refuses connections', async () => {
    const app = await start({ MYSQL_URL }, { fault: 'refuse', on: 'database' });
    await expect(app.call('query')).resolves.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('holds and leaks connections of its pool', async () => {
    const file = join(folder, 'mysql2.json');
    writeFileSync(file, JSON.stringify({ faults: [{ fault: 'hold', on: 'pool', ms: 200, for: LONG }] }));
    const app = await startApp(file, collector, { MYSQL_URL }, 'libraries.cjs');
    await expect(app.call('taken')).resolves.toEqual({ result: 1 });
    const [held] = await spansOf(collector, 1, (span) => chaosOf(span).length > 0);
    expect(chaosOf(held!)[0]).toMatchObject({ name: 'chaos.hold', attributes: { 'chaos.ms': 200 } });
    writeFileSync(file, NOTHING);
    await app.fixture.waitForLine('stderr', (line) => line.includes('ENDED'));
    writeFileSync(file, JSON.stringify({ faults: [{ fault: 'leak', on: 'pool', for: LONG }] }));
    await app.fixture.waitForLine('stderr', (line) => line.includes('leak on pool BEGINS'));
    await expect(app.call('taken')).resolves.toEqual({ result: 0 });
  });
});

describe('amqplib', () => {
  let AMQP_URL: string;
  beforeAll(async () => void ({ url: AMQP_URL } = await startRabbitMq()));
  const isHandling = ({ kind }: ReceivedSpan): boolean => kind === 'CONSUMER';

  it('a handler is slow inside of its own span', async () => {
    const app = await start({ AMQP_URL }, { fault: 'delay', on: 'consumer', match: 'home', ms: 200 });
    const { result: queue } = await app.call('queue');
    await app.call('send');
    const [handled] = await spansOf(collector, 1, isHandling);
    expect(handled!.durationMs).toBeGreaterThanOrEqual(199);
    expect(chaosOf(handled!)).toEqual([
      { name: 'chaos.delay', attributes: { 'chaos.boundary': 'consumer', 'chaos.target': queue, 'chaos.ms': 200 } },
    ]);
  });

  it('what is sent goes out later', async () => {
    const app = await start({ AMQP_URL }, { fault: 'delay', on: 'queue', match: 'to home', ms: 200 });
    await app.call('send');
    const [sent] = await spansOf(collector, 1, (span) => chaosOf(span).length > 0);
    const attributes = { 'chaos.boundary': 'queue', 'chaos.target': new URL(AMQP_URL).host, 'chaos.ms': 200 };
    expect(chaosOf(sent!)).toEqual([{ name: 'chaos.delay', attributes }]);
  });
});

it.each([
  [{ fault: 'delay', ms: 200 }, 'UNSET'],
  [{ fault: 'fail', match: '"to":"home"' }, 'ERROR'],
])('BullMQ: a job meets %j', async (fault, code) => {
  const { url: REDIS_URL } = await startRedis();
  const app = await start({ REDIS_URL }, { on: 'consumer', ...fault });
  const { result: queue } = await app.call('queue');
  await app.call('add');
  const [handled] = await spansOf(collector, 1, ({ kind, name }) => kind === 'CONSUMER' && name === `process ${queue}`);
  expect(handled!.status.code).toBe(code);
  expect(chaosOf(handled!)).toMatchObject([
    { name: `chaos.${fault.fault}`, attributes: { 'chaos.boundary': 'consumer', 'chaos.target': queue } },
  ]);
});

describe('TLS', () => {
  let server: Server;
  let HTTPS_URL: string;
  let target: string;
  beforeAll(async () => {
    server = createServer(CERTIFICATE, (_req, res) => res.end('ok'));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    target = `127.0.0.1:${(server.address() as { port: number }).port}`;
    HTTPS_URL = `https://${target}/`;
  });
  afterAll(() => void server.close());
  const env = (): Record<string, string> => ({ HTTPS_URL, NODE_TLS_REJECT_UNAUTHORIZED: '0' });

  it.each(['get', 'fetch'])('%s is delayed, and fails, before what it sends is encrypted', async (by) => {
    const file = join(folder, `tls-${by}.json`);
    writeFileSync(file, JSON.stringify({ faults: [{ fault: 'delay', on: 'http', target, ms: 200, for: LONG }] }));
    const app = await startApp(file, collector, env(), 'libraries.cjs');
    await expect(app.call(by)).resolves.toEqual({ result: 200 });
    writeFileSync(
      file,
      JSON.stringify({ faults: [{ fault: 'fail', on: 'http', match: 'GET /', status: 418, for: LONG }] }),
    );
    await app.fixture.waitForLine('stderr', (line) => line.includes('fail on http BEGINS'));
    await expect(app.call(by)).resolves.toEqual({ result: 418 });
    const calls = await spansOf(collector, 2, isCall);
    expect(calls[0]!.durationMs).toBeGreaterThanOrEqual(199);
    const targeted = { 'chaos.boundary': 'http', 'chaos.target': target };
    expect(calls.map(chaosOf)).toEqual([
      [{ name: 'chaos.delay', attributes: { ...targeted, 'chaos.ms': 200 } }],
      [{ name: 'chaos.fail', attributes: targeted }],
    ]);
  });

  it.each(['get', 'fetch'])('%s is refused', async (by) => {
    const app = await startApp(
      { faults: [{ fault: 'refuse', on: 'http', target, for: LONG }] },
      collector,
      env(),
      'libraries.cjs',
    );
    await expect(app.call(by)).resolves.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
