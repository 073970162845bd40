import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, PRELOAD, runFixture, startCollector, startPostgres, startRedis } from '@foreshock/testkit';
import { expect, it, onTestFinished } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/foreshock.js', import.meta.url));

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'foreshock-config-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

function run(
  cwd: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, 'config', ...args], { cwd, env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

const lockOf = (pg: string): string =>
  JSON.stringify({
    lockfileVersion: 3,
    packages: {
      '': { version: '1.0.0' },
      'node_modules/pg': { version: pg, integrity: createHash('sha512').update(pg).digest('base64') },
      'node_modules/x': { version: '1.0.0', dev: true },
    },
  });

it('says what differs, and no value', async () => {
  const [staging, production] = [folder(), folder()];
  writeFileSync(join(staging, 'package-lock.json'), lockOf('8.16.0'));
  writeFileSync(join(production, 'package-lock.json'), lockOf('8.16.3'));
  const secrets = { DATABASE_URL: 'postgres://shop:hunter2@db/shop', API_KEY: 'sk-12345' };
  const taken = [
    await run(staging, ['snapshot'], { ...secrets, POOL_MAX: '10', HOSTNAME: 'a', ONLY_HERE: '1' }),
    await run(production, ['snapshot'], { ...secrets, API_KEY: 'sk-54321', POOL_MAX: '5', HOSTNAME: 'b' }),
  ];
  const files = taken.map(({ stdout }, i) => {
    expect(stdout).not.toMatch(/hunter2|sk-|"5"|"10"|postgres:/);
    writeFileSync(join(staging, `${i}.json`), stdout);
    return `${i}.json`;
  });
  expect(await run(staging, ['diff', ...files])).toEqual({
    code: 1,
    stderr: '',
    stdout: `variable API_KEY: another value
variable ONLY_HERE: only in the first
variable POOL_MAX: another value
package pg: 8.16.0 → 8.16.3
`,
  });
  expect(await run(staging, ['diff', files[0]!, files[0]!])).toEqual({ code: 0, stderr: '', stdout: '' });
  const again = JSON.parse(
    (await run(staging, ['snapshot'], { ...secrets, POOL_MAX: '10', HOSTNAME: 'c', ONLY_HERE: '1' })).stdout,
  );
  expect(again.fingerprint).toBe(JSON.parse(taken[0]!.stdout).fingerprint);
});

it('gives the fingerprint that spans of such a process have: of variables but secrets, and the lock file', async () => {
  const cwd = folder();
  writeFileSync(join(cwd, 'package-lock.json'), lockOf('8.16.0'));
  const onSpans = async (env: Record<string, string>): Promise<string> => {
    const { stdout } = await run(cwd, ['snapshot'], env);
    return (JSON.parse(stdout) as { onSpans: string }).onSpans;
  };
  const given = { POOL_MAX: '10', API_KEY: 'sk-12345', DATABASE: '{"password":"1"}' };
  const collector = await startCollector();
  onTestFinished(() => collector.close());
  const env = { ...given, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const script = `require('@opentelemetry/api').trace.getTracer('t').startSpan('s').end()`;
  const child = execFile(process.execPath, ['--require', PRELOAD, '-e', script], { cwd, env });
  await once(child, 'exit');
  const [span] = await collector.waitForSpans(1);
  const first = await onSpans(env);
  expect(first).toMatch(/^[\da-f]{14}$/);
  expect(span!.resource['foreshock.config.fingerprint']).toBe(first);

  expect(await onSpans({ ...env, API_KEY: 'sk-54321', DATABASE: '{"password":"2"}', HOSTNAME: 'b' })).toBe(first);
  // By npm, which sets these for what it runs.
  expect(await onSpans({ ...env, COLOR: '1', EDITOR: 'vi', NODE: '/usr/bin/node', npm_command: 'exec' })).toBe(first);
  // A restart by systemd or pm2, beside another service of Kubernetes.
  const restarted = { SYSTEMD_EXEC_PID: '77', restart_time: '3', exit_code: '1', CARTS_PORT: 'tcp://10.0.0.7:80' };
  expect(await onSpans({ ...env, ...restarted })).toBe(first);
  expect(await onSpans({ ...env, PORT: '3001' })).toBe(await onSpans({ ...env, PORT: '3002' }));
  // Other versions in a lock file of the same size.
  writeFileSync(join(cwd, 'package-lock.json'), lockOf('8.16.1'));
  const other = [
    await onSpans(env),
    await onSpans({ ...env, POOL_MAX: '5' }),
    await onSpans({ ...env, MORE_SECRET: '1' }),
  ];
  expect(new Set([first, ...other]).size).toBe(4);
});

it('is traced where no lock file can be looked for', async () => {
  const cwd = folder();
  symlinkSync('package-lock.json', join(cwd, 'package-lock.json'));
  const script = `console.log(process.env.OTEL_TRACES_EXPORTER)`;
  const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_LOG_LEVEL: 'error' };
  const args = ['--require', PRELOAD, '-e', script];
  const { promise, resolve } = Promise.withResolvers<string[]>();
  execFile(process.execPath, args, { cwd, env }, (_error, stdout, stderr) => resolve([stdout, stderr]));
  expect(await promise).toEqual(['none\n', '']);
});

it('hashes slowly what may be a secret, by its name or its text', async () => {
  const secrets = {
    MYSQL_PWD: 'hunter2',
    DOOR_PIN: '1234',
    JDBC_URL: 'jdbc:mysql://shop:hunter2@db/shop',
    CONNECTION: 'Server=db;Uid=shop;Password=hunter2',
    BROKERS: 'amqp://a,amqp://shop:hunter2@b',
  };
  const { stdout } = await run(folder(), ['snapshot'], { ...secrets, POOL_MAX: '10' });
  const { variables } = JSON.parse(stdout) as { variables: Record<string, string> };
  const kinds = Object.entries(variables).map(([name, hash]) => [name, hash.split(':')[0]]);
  expect(Object.fromEntries(kinds)).toEqual({
    ...Object.fromEntries(Object.keys(secrets).map((name) => [name, 'scrypt'])),
    POOL_MAX: 'sha256',
  });
});

it('says that a lock file without versions by path is another', async () => {
  const cwd = folder();
  const found: unknown[] = [];
  for (const version of ['8.16.0', '8.16.3']) {
    const lock = JSON.stringify({ lockfileVersion: 1, dependencies: { pg: { version } } });
    writeFileSync(join(cwd, 'package-lock.json'), lock);
    const { packages } = JSON.parse((await run(cwd, ['snapshot'])).stdout) as { packages: Record<string, string> };
    expect(packages).toEqual({ 'package-lock.json': expect.stringMatching(/^[\da-f]{12}$/) });
    found.push(packages['package-lock.json']);
  }
  expect(found[0]).not.toBe(found[1]);
});

it('adds the limits of the pools that run', async () => {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') return response.writeHead(404).end();
    return response.end(
      'db_client_connection_limit{db_client_connection_pool_name="orders",x="1"} 10\npool_limit{pool_name="p-limit \\"a\\""} 4\n',
    );
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { stdout } = await run(folder(), [
    'snapshot',
    '--admin',
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  ]);
  expect(JSON.parse(stdout).pools).toEqual({ orders: 10, 'p-limit \\"a\\"': 4 });
});

it('has the time-outs, limits and retries as the libraries of a running process have them, and no text of theirs', async () => {
  const [adminPort, postgres, redis] = [await freePort(), await startPostgres(), await startRedis()];
  const app = await runFixture(new URL('fixtures/settings.mjs', import.meta.url), {
    env: {
      FORESHOCK_ADMIN_PORT: String(adminPort),
      OTEL_LOG_LEVEL: 'debug',
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
    },
  });
  const { port, lasting } = await app.ready;
  await app.waitForLine('stderr', (line) => line.includes('/metrics, /healthz and /readyz at'));
  const { stdout } = await run(folder(), ['snapshot', '--admin', `http://127.0.0.1:${adminPort}`]);
  const { settings } = JSON.parse(stdout) as { settings: Record<string, Record<string, unknown>> };
  expect(JSON.stringify(settings)).not.toMatch(/hunter2|postgres:|redis:/);
  const of = (start: string): Record<string, unknown> | undefined =>
    Object.entries(settings).find(([name]) => name.startsWith(start))?.[1];
  expect(of('pool ')).toMatchObject({ max: 3, connectionTimeoutMillis: 1_500, statement_timeout: 2_500 });
  expect(of('ioredis ')).toMatchObject({ commandTimeout: 700, maxRetriesPerRequest: 2, retryStrategy: 'function' });
  expect(of('redis ')).toMatchObject({ 'socket.connectTimeout': 900 });
  expect(of('opossum charge')).toMatchObject({ timeout: 800, resetTimeout: 5_000, errorThresholdPercentage: 40 });
  expect(of('p-retry')).toEqual({ factor: 3, minTimeout: 20, retries: 4 });
  expect(of('got')).toMatchObject({ 'retry.limit': 1, 'timeout.request': 650 });
  expect(of(`http server port ${port}`)).toMatchObject({ requestTimeout: 4_000, keepAliveTimeout: 1_234 });
  expect(of('axios-retry')).toMatchObject({ retries: 5, retryDelay: 'function', shouldResetTimeout: true });
  expect(of('bullmq Queue orders')).toMatchObject({
    'defaultJobOptions.attempts': 6,
    'defaultJobOptions.backoff.delay': 70,
  });
  expect(of('bullmq Worker orders')).toMatchObject({ concurrency: 9, lockDuration: 40_000, maxStalledCount: 1 });
  expect(of(`undici http://127.0.0.1:${lasting}`)).toMatchObject({
    connections: 12,
    headersTimeout: 4_500,
    pipelining: 2,
    bodyTimeout: 300_000,
  });
  // Of Node's own.
  expect(of(`undici http://localhost:${lasting}`)).toMatchObject({ headersTimeout: 300_000, keepAliveTimeout: 4_000 });
});

it('says which setting of a running library differs', async () => {
  const cwd = folder();
  const snapshot = (timeout: number): string =>
    JSON.stringify({
      schema: 'foreshock.config/1',
      variables: {},
      packages: {},
      settings: { 'opossum charge': { timeout, retries: 2 }, ...(timeout > 500 && { got: { 'retry.limit': 2 } }) },
    });
  writeFileSync(join(cwd, 'a.json'), snapshot(300));
  writeFileSync(join(cwd, 'b.json'), snapshot(800));
  expect(await run(cwd, ['diff', 'a.json', 'b.json'])).toEqual({
    code: 1,
    stderr: '',
    stdout: 'setting retry.limit of got: only in the second\nsetting timeout of opossum charge: 300 → 800\n',
  });
});

it('says which running process cannot be asked, and why', async () => {
  const ask = (admin: string) => run(folder(), ['snapshot', '--admin', admin]);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const admin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.close();
  await once(server, 'close');
  expect(await ask(admin)).toEqual({
    code: 2,
    stdout: '',
    stderr: `foreshock config: ${admin}/metrics: no answer (ECONNREFUSED)\n`,
  });
  expect(await ask('localhost:9464')).toMatchObject({
    code: 2,
    stderr: 'foreshock config: localhost:9464 is no address such as http://127.0.0.1:9464\n',
  });
});

it('ends with 2 for what is no snapshot, and for wrong arguments', async () => {
  const cwd = folder();
  writeFileSync(join(cwd, 'a.json'), '[]');
  expect(await run(cwd, ['diff', 'a.json', 'a.json'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('a.json is no snapshot'),
  });
  expect(await run(cwd, ['diff', 'none.json', 'a.json'])).toMatchObject({ code: 2 });
  expect(await run(cwd, ['snapshot', '--all'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('foreshock config diff'),
  });
});
