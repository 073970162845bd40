import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, onTestFailed, test } from 'vitest';
import { Demo, FULL, stillRunning } from './fixtures/demo.ts';
import { serversForDemo, type ServersForDemo } from './fixtures/demo-servers.ts';

const PROCESSES = ['postgres', 'payments', 'orders', 'gateway', 'worker'];

let demo: Demo;
let servers: ServersForDemo;

beforeAll(async () => {
  servers = await serversForDemo();
});
afterAll(() => servers?.stop());
afterEach(() => demo.remove());

function start(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): void {
  demo = new Demo(args, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', ...env });
  onTestFailed(() => console.log(demo.output));
}

test('leaves nothing behind when it is interrupted, and leaves alone what it was given', async () => {
  start(FULL, servers.given);
  await demo.printed('checkouts answered');
  for (const name of ['redis', 'rabbitmq']) expect(demo.output).toMatch(new RegExp(`${name} +yours, at \\S+`));
  const pids = demo.descendants();
  expect(pids).toEqual(expect.arrayContaining(PROCESSES.map((name) => demo.pidOf(name))));
  demo.kill('SIGINT');
  expect(await demo.exited).toEqual({ code: 130, signal: null });
  expect(await stillRunning(pids)).toEqual([]);
  expect(readdirSync(demo.temporary)).toEqual([]);
}, 60_000);

// With Redis and RabbitMQ: test/matrix/demo-ends.test.ts.
test('leaves nothing behind when it is killed, not even a service that hangs', async () => {
  start();
  await demo.printed('checkouts answered');
  const pids = demo.descendants();
  process.kill(demo.pidOf('gateway'), 'SIGSTOP');
  demo.kill('SIGKILL');
  expect(await demo.exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(await stillRunning(pids)).toEqual([]);
  expect(readdirSync(demo.temporary)).toEqual([]);
}, 60_000);

test('says which service ended, and ends the others', async () => {
  start();
  await demo.printed('checkouts answered');
  const pids = demo.descendants();
  process.kill(demo.pidOf('orders'), 'SIGKILL');
  expect(await demo.exited).toEqual({ code: 1, signal: null });
  expect(demo.output).toContain('The demo failed: orders ended (SIGKILL)');
  expect(await stillRunning(pids)).toEqual([]);
}, 60_000);

test.each([
  ['a profile that it does not know', ['--profile', 'fall'], {}, 'there is no profile "fall", only default and full.'],
  [
    'servers that are not on the machine',
    FULL,
    { PATH: '', AMQP_URL: 'amqp://127.0.0.1:1' },
    'the full profile needs servers: `apt-get install redis-server`, or set REDIS_URL.',
  ],
  [
    'an address where nobody answers',
    FULL,
    { REDIS_URL: 'redis://127.0.0.1:1', AMQP_URL: 'amqp://127.0.0.1:1' },
    'nobody answers at the address in REDIS_URL.',
  ],
])('says in one line what is wrong with %s', async (_, args, env, message) => {
  start(args, env);
  expect(await demo.exited).toEqual({ code: 2, signal: null });
  expect(demo.output).toBe(`The demo did not start: ${message}\n`);
  expect(demo.descendants()).toEqual([]);
});
