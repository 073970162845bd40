// `foreshock doctor -- COMMAND`: what fires and what is exported, without a change to the application.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PRELOAD, startCollector, type Collector } from '@foreshock/testkit';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { BIN, examine, makeProject, run, type Examined } from './doctor-run.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/doctor/${name}.cjs`, import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const node = process.execPath;
const NOT_SAMPLED = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';

let collector: Collector;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

function folder(): string {
  const { cwd, remove } = makeProject();
  onTestFinished(remove);
  return cwd;
}

function watch(command: readonly string[], env: Record<string, string> = {}, cwd = folder()): Promise<Examined> {
  return examine(['--', ...command], { cwd, env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env } });
}

it('says what fired, what was exported, and what has loaded and gave nothing', async () => {
  const { code, stdout, lines } = await watch([node, fixture('calls')]);
  expect(lines).toEqual([
    expect.stringMatching(/^ok node: /),
    'look preload: loaded by the doctor; the command itself does not load it',
    'ok libraries: http: 2 spans',
    expect.stringMatching(/^look libraries: loaded, and no span: ioredis \d+\.\d+\.\d+$/),
    'ok sampling: every trace, but those whose caller says no',
    'ok service: shop',
    expect.stringMatching(/^ok spans: 3 made, all delivered to 127\.0\.0\.1:\d+$/),
    expect.stringMatching(/^ok backend: /),
    'ok clock: agrees with the backend’s',
    expect.stringMatching(/^ok spool: /),
    'ok command: ended with 0',
  ]);
  expect(stdout.split('\n')[0]).toBe('hello');
  expect(collector.spans).toHaveLength(3);
  expect(code).toBe(0);
});

it('leaves output and exit status to the application; its own lines are on standard error', async () => {
  const cwd = folder();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const { code, stdout, stderr } = await run([BIN, 'doctor', '--', node, fixture('calls'), '', '3'], { cwd, env });
  expect(stdout).toBe('hello\n');
  expect(stderr).toMatch(/^foreshock doctor: .*calls\.cjs {2}3 runs; the report comes at its end\n\nlook /);
  expect(code).toBe(3);
  const plain = await run([BIN, 'doctor', '--', node, fixture('prints-options'), '--json', '--', 'x'], { cwd, env });
  expect(plain.stdout).toBe('--json -- x\n');
  expect(plain.stderr.split('\n')[1]).toBe('own line');
});

it('says that the backend refused them, and why', async () => {
  collector.respond({ status: 401, body: 'no key', headers: { 'content-type': 'text/plain' } });
  const { code, lines } = await watch([node, fixture('calls')]);
  expect(lines).toContainEqual(
    expect.stringMatching(
      /^wrong spans: 3 made, 0 delivered to 127\.0\.0\.1:\d+: .* refused 3 spans: HTTP 401, no key$/,
    ),
  );
  expect(lines).toContain('wrong spans: dropped: 3 rejected');
  expect(code).toBe(1);
});

it('sees that callers do not want to be traced', async () => {
  const { lines } = await watch([node, fixture('calls'), NOT_SAMPLED], {
    OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'timers',
  });
  expect(lines).toContainEqual(
    expect.stringMatching(/^look sampling: 1 span not recorded: callers send traceparent without the sampled flag$/),
  );
});

it('leaves the start to the command where that loads the preload', async () => {
  const { lines } = await watch([node, '--require', PRELOAD, fixture('calls')]);
  expect(lines).toContain(`ok preload: ${PRELOAD} is loaded`);
  expect(lines).not.toContainEqual(expect.stringContaining('loaded by the doctor'));
});

it('sees what was loaded before the preload', async () => {
  const { lines } = await watch([node, '--require', 'ioredis', '--require', PRELOAD, fixture('calls')], {}, REPOSITORY);
  expect(lines).toContain(
    'look preload: ioredis is loaded before foreshock/register (Node reads every --require before every --import)',
  );
  expect(lines).toContainEqual(expect.stringMatching(/^look preload: loaded before Foreshock: ioredis; functions/));
});

it('names what it does not recognise: a version out of range, files that have moved', async () => {
  const { cwd, remove } = makeProject({
    // Only name, version and files count.
    'node_modules/pg/package.json': { name: 'pg', version: '7.18.2', main: 'lib/client.js' },
    'node_modules/pg/lib/client.js': 'module.exports = class Client {};',
    'node_modules/ioredis/package.json': { name: 'ioredis', version: '5.99.0', main: 'moved.js' },
    'node_modules/ioredis/moved.js': '',
    'app.js': "require('pg');\nrequire('ioredis');\n",
  });
  onTestFinished(remove);
  const { lines } = await watch([node, 'app.js'], {}, cwd);
  expect(lines.filter((line) => line.includes(' libraries:'))).toEqual([
    'wrong libraries: pg 7.18.2 is outside of what is supported (>=8.0.3 <9): it is not traced',
    expect.stringMatching(/^look libraries: ioredis 5\.99\.0 has loaded, but none of the files that are hooked/),
  ]);
});

it('does not miss files of a library that is hooked by a diagnostics channel', async () => {
  const fastify = createRequire(import.meta.url).resolve('fastify');
  const { cwd, remove } = makeProject({
    'app.js': `const app = require(${JSON.stringify(fastify)})();
app.get('/carts/:id', async () => ({}));
app.listen({ port: 0, host: '127.0.0.1' })
  .then((origin) => fetch(\`\${origin}/carts/1\`))
  .then(() => app.close());`,
  });
  onTestFinished(remove);
  const { lines } = await watch([node, 'app.js'], {}, cwd);
  expect(lines.filter((line) => line.includes(' libraries:'))).toEqual([
    expect.stringContaining('http: 1 span'),
    expect.stringMatching(/^ok libraries: hooked, adds to other spans or waits: .*fastify \d+\.\d+\.\d+$/),
  ]);
  expect(collector.spans.map(({ name }) => name)).toContain('GET /carts/:id');
});

it('sees a worker thread without the preload', async () => {
  const { lines } = await watch([node, '--require', PRELOAD, fixture('worker')]);
  expect(lines).toContain('wrong workers: 1 worker thread started without the preload');
});

it('sees a name that is not found, as Node does', async () => {
  const cwd = folder();
  const command = [node, '--require', 'foreshock/register', fixture('calls')];
  const { code, lines } = await watch(command, {}, '/');
  expect(lines).toContainEqual(
    'wrong preload: foreshock/register is not found from /: Node.js processes that start here end with an error',
  );
  expect(code).toBe(1);
  expect((await watch(command, {}, cwd)).lines).toContain('ok preload: foreshock/register is loaded');
});

it('sees an SDK that the application starts itself', async () => {
  const { lines } = await watch([node, fixture('own-sdk')], {
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
  });
  expect(lines).toContain(
    'wrong agents: the application loads @opentelemetry/sdk-node, an SDK of its own: it and the preload exclude each other',
  );
});

it('sees variables as the application has them, of a process that is killed, too', async () => {
  const cwd = folder();
  writeFileSync(join(cwd, '.env'), 'OTEL_TRACES_SAMPLER=always_off\n');
  const { code, lines } = await watch([node, '--env-file=.env', fixture('killed')], {}, cwd);
  expect(lines).toContain('wrong sampling: OTEL_TRACES_SAMPLER=always_off: no trace is recorded');
  expect(lines.at(-1)).toBe('ok command: ended by SIGKILL');
  expect(code).toBe(137);
});

it('sees what --permission forbids', async () => {
  const { lines } = await watch([node, '--permission', fixture('prints-options')]);
  expect(lines).toContain('wrong permission: --permission without --allow-fs-read: the preload cannot be read');
  expect(lines).toContain('wrong preload: foreshock/register cannot be read (ERR_ACCESS_DENIED)');
});

it('watches what a package manager starts', async () => {
  const cwd = folder();
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ scripts: { start: `"${node}" "${fixture('calls')}"` } }));
  const { lines } = await watch(['npm', 'start', '--silent'], {}, cwd);
  expect(lines).toContain('ok libraries: http: 2 spans');
});

it('tells several processes apart, and says once what is so in all', async () => {
  const { lines } = await watch([node, fixture('forks')]);
  expect(lines).toContainEqual(expect.stringMatching(/^ok libraries: calls\.cjs \(\d+\): http: 2 spans$/));
  expect(lines).toContainEqual(expect.stringMatching(/^look spans: forks\.cjs \(\d+\): none: there was no request/));
  expect(lines).toContainEqual(expect.stringMatching(/^ok backend: http/));
  expect(lines.filter((line) => line.includes(' service:'))).toEqual(['ok service: shop']);
});

it('says that there was no Node.js, or no such command', async () => {
  expect((await watch(['true'])).lines).toEqual([
    'wrong command: no Node.js process has been seen',
    'ok command: ended with 0',
  ]);
  const { code, lines } = await watch(['no-such-command']);
  expect(lines).toEqual(['wrong command: spawn no-such-command ENOENT']);
  expect(code).toBe(127);
});
