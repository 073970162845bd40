// `foreshock doctor` without a command: the environment, the project and the backend.
import { createServer as createHttp2Server } from 'node:http2';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { PRELOAD, startCollector, type Collector } from '@foreshock/testkit';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ok } from '../src/doctor/finding.ts';
import { Steps } from '../src/doctor/steps.ts';
import { BIN, examine, makeProject, run } from './doctor-run.ts';

const pem = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../export/test/fixtures/tls/${name}.pem`, import.meta.url)), 'utf8');

let collector: Collector;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

function project(files: Record<string, string | object> = {}): string {
  const { cwd, remove } = makeProject(files);
  onTestFinished(remove);
  return cwd;
}

const endpoint = (url = collector.url): Record<string, string> => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url });

it('finds nothing where nothing is wrong, and ends with 0', async () => {
  const { code, lines } = await examine([], {
    cwd: project({ 'package.json': { name: 'shop', scripts: { start: 'node -r foreshock/register app.js' } } }),
    env: endpoint(),
  });
  expect(lines).toEqual([
    expect.stringMatching(/^ok node: Node\.js /),
    expect.stringMatching(/^ok installed: foreshock \d/),
    expect.stringMatching(/^ok api: @opentelemetry\/api 1\./),
    'ok start: the preload is named in package.json',
    'ok sampling: every trace, but those whose caller says no',
    'ok service: shop',
    `ok backend: ${collector.url}/v1/traces answers 200`,
    'ok clock: agrees with the backend’s',
    expect.stringMatching(/^ok spool: /),
  ]);
  expect(code).toBe(0);
});

it('prints plain text on one screen, what is wrong first, each with what to do', async () => {
  await collector.close();
  const { code, stdout, stderr } = await run([BIN, 'doctor'], { cwd: project(), env: endpoint() });
  expect(stderr).toBe('');
  expect(stdout).toMatch(
    /^wrong backend {6}nothing listens at http:\/\/127\.0\.0\.1:\d+\/v1\/traces \(ECONNREFUSED\)\n/,
  );
  expect(stdout).toContain('→ start a collector there, or see the spans at once with: npx foreshock view');
  expect(stdout).toMatch(/\n1 wrong, 0 to look at\n$/);
  // oxlint-disable-next-line no-control-regex -- no escape is there
  expect(stdout).not.toMatch(/\u001b/);
  expect(stdout.split('\n').length).toBeLessThan(30);
  expect(code).toBe(1);
});

it('is not traced itself where NODE_OPTIONS has the preload', async () => {
  const { lines, stderr } = await examine([], {
    cwd: project({ 'package.json': { scripts: { start: 'node app.js' } } }),
    env: { ...endpoint(), NODE_OPTIONS: `--require ${PRELOAD}` },
  });
  expect(lines).toContain(`ok preload: ${PRELOAD} is loaded`);
  expect(lines).not.toContainEqual(expect.stringMatching(/^\w+ start:/));
  expect(stderr).toBe('');
  expect(collector.spans).toEqual([]);
});

it('works outside of any project', async () => {
  const { code, lines } = await examine([], { cwd: '/', env: endpoint() });
  expect(lines).toContainEqual(expect.stringMatching(/^look project: there is no package\.json in \/ or above/));
  expect(code).toBe(0);
});

describe('variables', () => {
  it.each([
    [{ OTEL_SDK_DISABLED: 'TRUE' }, ['wrong disabled: OTEL_SDK_DISABLED=true: nothing is traced']],
    [
      { OTEL_TRACES_EXPORTER: 'none', OTEL_TRACES_SAMPLER: 'always_off', OTEL_SERVICE_NAME: '' },
      [
        'wrong exporter: OTEL_TRACES_EXPORTER=none: nothing is sent',
        'wrong sampling: OTEL_TRACES_SAMPLER=always_off: no trace is recorded',
        'look service: it has no name: its spans arrive as unknown_service:node',
      ],
    ],
    [
      {
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0',
        OTEL_PROPAGATORS: 'none',
        FORESHOCK_SPOOL_DIR: '',
      },
      [
        'wrong variable: OTEL_EXPORTER_OTLP_PROTOCOL="grpc" is none of http/protobuf, http/json, http/protobuf is used',
        'wrong sampling: OTEL_TRACES_SAMPLER=parentbased_traceidratio, OTEL_TRACES_SAMPLER_ARG=0: only traces that a caller has begun are recorded',
        'look propagation: OTEL_PROPAGATORS=none: callers and called services do not share a trace',
        'look spool: FORESHOCK_SPOOL_DIR is empty: what a killed process has not sent is lost',
      ],
    ],
    [
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' },
      [
        'look sampling: OTEL_TRACES_SAMPLER=traceidratio, OTEL_TRACES_SAMPLER_ARG=0.1: about 10 of 100 traces are recorded',
      ],
    ],
  ])('%j', async (env, expected) => {
    const { lines } = await examine([], { cwd: project(), env: { ...endpoint(), ...env } });
    expect(lines).toEqual(expect.arrayContaining(expected));
  });

  it('that only .env sets', async () => {
    const cwd = project({
      '.env': '# comment\nOTEL_EXPORTER_OTLP_HEADERS=key=s3cret\nPORT=1\nexport OTEL_SERVICE_NAME=x\n',
    });
    const { code, lines, stdout } = await examine([], { cwd, env: endpoint() });
    expect(lines).toContain(
      'wrong variable: .env sets OTEL_EXPORTER_OTLP_HEADERS, which are not in the environment: Foreshock starts before the application reads .env',
    );
    expect(stdout).not.toContain('s3cret');
    expect(code).toBe(1);
  });
});

describe('the backend', () => {
  async function backendLine(env: Record<string, string>): Promise<string | undefined> {
    const { lines } = await examine([], { cwd: project(), env });
    return lines.find((line) => / backend: /.test(line));
  }

  it('has nothing at the path: the endpoint of traces is used as it is', async () => {
    expect(await backendLine({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector.url })).toMatch(
      /^wrong backend: http:\/\/127\.0\.0\.1:\d+\/ answers 404: nothing at POST \/$/,
    );
  });

  it('asks for a key', async () => {
    collector.respond({ status: 401, body: 'no \u001b[31mkey', headers: { 'content-type': 'text/plain' } });
    expect(await backendLine(endpoint())).toMatch(/^wrong backend: .* answers 401: no \[31mkey$/);
  });

  it('is a web page', async () => {
    collector.respond({ status: 200, body: '<html>', headers: { 'content-type': 'text/html' } });
    expect(await backendLine(endpoint())).toMatch(
      /^wrong backend: .* answers with a web page: it takes no spans there$/,
    );
  });

  it('is the gRPC port', async () => {
    const server = createHttp2Server();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await backendLine(endpoint(`http://127.0.0.1:${port}`))).toMatch(
      /^wrong backend: .*: a gRPC server listens there, and Foreshock speaks OTLP over HTTP$/,
    );
  });

  it('is behind a proxy that cannot be reached, which is said of the proxy', async () => {
    const { lines } = await examine([], {
      cwd: project(),
      env: { ...endpoint('http://backend.test:4318'), NODE_USE_ENV_PROXY: '1', HTTP_PROXY: 'http://me:pw@127.0.0.1:1' },
    });
    expect(lines).toContain('wrong backend: the proxy 127.0.0.1:1 cannot be reached (ECONNREFUSED)');
  });

  it('speaks TLS, or not, or with a certificate nobody trusts', async () => {
    const secure = await startCollector({ tls: { key: pem('server-key'), cert: pem('server') } });
    onTestFinished(() => secure.close());
    expect(await backendLine(endpoint(secure.url.replace('https', 'http')))).toMatch(/a server for TLS listens there$/);
    expect(await backendLine(endpoint(secure.url))).toMatch(/its certificate is not trusted \(\w+\)$/);
    expect(await backendLine(endpoint(collector.url.replace('http', 'https')))).toMatch(
      /a server without TLS listens there$/,
    );
  });

  it('has another time', async () => {
    collector.respond(() => ({ headers: { date: new Date(Date.now() + 600_000).toUTCString() } }));
    const { lines } = await examine([], { cwd: project(), env: endpoint() });
    expect(lines).toContainEqual(
      expect.stringMatching(/^wrong clock: this machine’s clock is (?:598|599|600) s behind the backend’s$/),
    );
  });

  it('is Zipkin', async () => {
    const env = { OTEL_TRACES_EXPORTER: 'zipkin', OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${collector.url}/api/v2/spans` };
    expect(await backendLine(env)).toBe(`ok backend: ${collector.url}/api/v2/spans answers 202`);
  });
});

describe('the project', () => {
  const installed = (name: string, version: string): Record<string, object> => ({
    [`node_modules/${name}/package.json`]: { name, version },
  });

  it('has a library that is too old, and one that fits', async () => {
    const dependencies = { pg: '7', ioredis: '5' };
    const cwd = project({
      'package.json': { dependencies },
      ...installed('pg', '7.18.2'),
      ...installed('ioredis', '5.8.0'),
    });
    const { code, lines } = await examine([], { cwd, env: endpoint() });
    expect(lines.filter((line) => line.includes(' libraries:'))).toEqual([
      'ok libraries: ioredis 5.8.0',
      'wrong libraries: pg 7.18.2 is outside of what is supported (>=8.0.3 <9): it is not traced',
    ]);
    expect(code).toBe(1);
  });

  it('has another tracer, and a copy of the API that sees nothing', async () => {
    const cwd = project({
      'package.json': { dependencies: { 'dd-trace': '5' } },
      'node_modules/x/node_modules/@opentelemetry/api/package.json': { name: '@opentelemetry/api', version: '1.99.0' },
    });
    const { lines } = await examine([], { cwd, env: endpoint() });
    expect(lines).toContainEqual(expect.stringMatching(/^look agents: dd-trace is a dependency/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^wrong api: @opentelemetry\/api 1\.99\.0 in .*x\/node_modules/),
    );
  });

  it('starts a bundle, without the preload', async () => {
    const cwd = project({
      'package.json': { scripts: { start: 'node dist/server.js' } },
      'dist/server.js': 'var __commonJS = (cb) => cb;',
    });
    const { lines } = await examine([], { cwd, env: endpoint() });
    expect(lines).toContain('look start: nothing in npm start loads the preload');
    expect(lines).toContainEqual(expect.stringMatching(/^wrong bundle: dist\/server\.js is a bundle/));
  });
});

it('says on a terminal what takes long, and gives up a step that does not end', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const said: string[] = [];
  const steps = new Steps({ rows: 24, stderr: (text) => void said.push(text) });
  const findings = steps.take('asks the backend', () => new Promise(() => {}));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(said).toEqual(['foreshock doctor: asks the backend …\n']);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await findings).toMatchObject([{ level: 'look', text: 'asks the backend: not done within 15 s' }]);
  expect(await steps.take('looks', () => [ok('a', 'b')])).toHaveLength(1);
});
