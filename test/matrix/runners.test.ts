import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  freePort,
  nodeBinary,
  NODES,
  PRELOAD,
  plainEnvironment,
  startCollector,
  type Collector,
} from '@foreshock/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { installLocked } from '../fixtures/locked-install.ts';

const folder = new URL('../runners/', import.meta.url);
const bin = (name: string): string => fileURLToPath(new URL(`node_modules/.bin/${name}`, folder));
let collector: Collector;
beforeAll(async () => {
  installLocked(folder);
  collector = await startCollector();
}, 300_000);
afterAll(() => collector.close());

/** As in the README: the preload by an absolute path where the command takes Node's options from the environment. */
const COMMANDS: Record<string, { command: string; env?: NodeJS.ProcessEnv }> = {
  'node --import tsx': { command: `node --require ${PRELOAD} --import tsx app.ts` },
  tsx: { command: `${bin('tsx')} app.ts`, env: { NODE_OPTIONS: `--require ${PRELOAD}` } },
  'ts-node': {
    command: `node --require ${PRELOAD} --require ts-node/register/transpile-only app.ts`,
    // Not this repository's tsconfig.json, whose TypeScript it does not know.
    env: { TS_NODE_SKIP_PROJECT: 'true', TS_NODE_COMPILER_OPTIONS: '{"module":"commonjs","esModuleInterop":true}' },
  },
  SWC: { command: `node --require ${PRELOAD} --require @swc-node/register app.ts` },
  cluster: { command: `node --require ${PRELOAD} --import tsx app.ts cluster` },
};

describe.each(NODES)('Node %s', (node) => {
  const environment = (service: string): NodeJS.ProcessEnv => ({
    ...plainEnvironment({
      OTEL_SERVICE_NAME: service,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
    }),
    PATH: dirname(nodeBinary(node)) + delimiter + process.env['PATH'],
    HOME: tmpdir(),
  });

  async function spanOf(service: string, port: number): Promise<string> {
    expect(await (await fetch(`http://127.0.0.1:${port}/orders/7`)).json()).toBe('7');
    const spans = await collector.waitForSpans((all) =>
      all.some(({ kind, resource }) => kind === 'SERVER' && resource['service.name'] === service),
    );
    return spans.find(({ kind, resource }) => kind === 'SERVER' && resource['service.name'] === service)!.name;
  }

  it.each(Object.entries(COMMANDS))('%s', async (name, { command, env }) => {
    const service = `${name} ${node}`;
    const [program = '', ...args] = command.split(' ');
    const child = spawn(program, args, {
      cwd: folder,
      env: { ...environment(service), ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    // With those that it has forked.
    onTestFinished(() => void process.kill(-child.pid!, 'SIGKILL'));
    const ports: number[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.startsWith('READY ')) continue;
      ports.push(JSON.parse(line.slice(6)).port);
      if (ports.length === (name === 'cluster' ? 2 : 1)) break;
    }
    expect(await spanOf(service, ports[0]!)).toBe('GET /orders/:id');
  });

  it.each(['fork', 'cluster'])('pm2, %s mode', async (mode) => {
    const home = mkdtempSync(join(tmpdir(), 'foreshock-pm2-'));
    const service = `pm2 ${mode} ${node}`;
    const port = await freePort();
    const env = { ...environment(service), PM2_HOME: home, PORT: String(port), NODE_OPTIONS: '' };
    const pm2 = (...args: string[]): unknown => execFileSync(bin('pm2'), args, { cwd: folder, env, stdio: 'pipe' });
    onTestFinished(() => {
      pm2('kill');
      rmSync(home, { recursive: true, force: true });
    });
    const instances = mode === 'cluster' ? ['-i', '2'] : [];
    pm2('start', 'server.js', ...instances, '--wait-ready', '--node-args', `--require ${PRELOAD}`);
    expect(await spanOf(service, port)).toBe('GET /orders/:id');
  });
});
