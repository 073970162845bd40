// `npm run soak [-- MINUTES [RATE]]`: a service whose backend fails and returns; default 10 minutes at 500 requests a second.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PRELOAD } from '@foreshock/testkit';
import { Backend, type Mode } from './backend.ts';
import { Load } from './load.ts';

const minutes = Number(process.argv[2] ?? 10);
const rate = Number(process.argv[3] ?? 500);
/** Parts of the whole time. */
const PHASES: readonly [Mode, number][] = [
  ['healthy', 0.2],
  ['absent', 0.15],
  ['healthy', 0.05],
  ['hangs', 0.1],
  ['answers 503', 0.05],
  ['slow', 0.05],
  ['answers 429', 0.05],
  ['resets', 0.05],
  ['healthy', 0.3],
];

/** What the server says of its memory, bytes. */
const PARTS = ['rss', 'young', 'heap', 'arrayBuffers', 'malloc'] as const;
type Memory = Record<(typeof PARTS)[number], number>;

const backend = new Backend();
await backend.become('healthy');
const directory = mkdtempSync(join(tmpdir(), 'foreshock-soak-'));
const app = startServer(['--require', PRELOAD]);
let stderr = '';
app.stderr!.on('data', (chunk) => (stderr += String(chunk)));
/** Beside it, without the preload: a busy machine makes both slow. */
const plain = startServer([]);
const memory = [memoryOf(app), memoryOf(plain)];
const [port, plainPort] = await Promise.all([portOf(app), portOf(plain)]);
const load = new Load(port, rate);
const plainLoad = new Load(plainPort, rate);

/** By server and phase, MiB. */
const rss: [number[], number[]] = [[], []];
/** With the preload and without it, by phase. */
const latest: { mode: Mode; p99: readonly number[] }[] = [];
console.log(
  `backend | requests | p50 ms | p99 ms | without preload p50 ms | p99 ms | load late ms | MiB ${PARTS.join(', ')} | without preload`,
);
for (const [mode, part] of PHASES) {
  await backend.become(mode);
  load.latencies = [];
  plainLoad.latencies = [];
  load.lag = 0;
  for (const each of memory) each.length = 0;
  await pause(part * minutes * 60_000);
  const quantiles = [load, plainLoad].flatMap(({ latencies }) => [at(latencies, 0.5), at(latencies, 0.99)]);
  latest.push({ mode, p99: [quantiles[1]!, quantiles[3]!] });
  // The second half: the first one may still deliver what had waited.
  const sizes = memory.map((all) => {
    const half = all.slice(all.length / 2);
    return PARTS.map(
      (part) =>
        at(
          half.map((each) => each[part]),
          0.5,
        ) /
        2 ** 20,
    );
  });
  for (const [server, [size]] of sizes.entries()) rss[server]!.push(size!);
  const mib = sizes.map((parts) => parts.map((size) => size.toFixed(1)).join(' ')).join(' | ');
  console.log([mode, load.latencies.length, ...quantiles, load.lag, mib].join(' | '));
}
load.stop();
plainLoad.stop();
await pause(2_000);
load.close();
plainLoad.close();
plain.kill();
const exited = once(app, 'exit');
app.kill('SIGTERM');
await exited;
backend.close();
rmSync(directory, { recursive: true, force: true });

const arrived = new Set(backend.traceIds);
const lost = [...load.served].filter((id) => !arrived.has(id)).length;
let counted = 0;
for (const [, spans] of stderr.matchAll(/\bspool_full (\d+)/g)) counted += Number(spans);
/** % since a phase. */
const drift = (since: number): string =>
  rss.map((sizes) => `${((sizes.at(-1)! / sizes[since]! - 1) * 100).toFixed(1)} %`).join(' and ');
const seen = new Set<string>();
const twice = backend.traceIds.filter((id) => seen.size === seen.add(id).size);
/** Not those whose answer the sender did not wait for. */
const twiceAnswered = twice.filter((id) => !backend.unanswered.has(id)).length;
console.log(stderr, [...new Set(load.failed)]);
console.log(
  `${load.served.size} answered, ${load.failed.length} failed, ${arrived.size} arrived, ` +
    `${twice.length} twice, of which ${twiceAnswered} though they were answered, ` +
    `${lost} lost, of which ${counted} counted as dropped; RSS with the preload and without ${drift(0)} ` +
    `since the start, ${drift(2)} since the first outage`,
);
/** Median of phases. */
const p99Of = (isHealthy: boolean, server: 0 | 1): number =>
  at(
    latest.filter(({ mode }) => (mode === 'healthy') === isHealthy).map(({ p99 }) => p99[server]!),
    0.5,
  );
const ratio = (server: 0 | 1): string => (p99Of(false, server) / p99Of(true, server)).toFixed(2);
console.log(`p99 while the backend fails ÷ while it is healthy: ${ratio(0)}; without the preload: ${ratio(1)}`);
process.exitCode = lost > counted || load.failed.length > 0 || twiceAnswered > 0 ? 1 : 0;

function startServer(execArgv: readonly string[]): ChildProcess {
  return fork(fileURLToPath(new URL('./fixtures/server.cjs', import.meta.url)), {
    execArgv: [...execArgv],
    env: { OTEL_SERVICE_NAME: 'soak', OTEL_EXPORTER_OTLP_ENDPOINT: backend.url, FORESHOCK_SPOOL_DIR: directory },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
}

function portOf(server: ChildProcess): Promise<number> {
  return new Promise((resolve) =>
    server.on('message', (message: { port?: number }) => message.port !== undefined && resolve(message.port)),
  );
}

function memoryOf(server: ChildProcess): Memory[] {
  const memory: Memory[] = [];
  server.on('message', (message: Partial<Memory>) => message.rss !== undefined && memory.push(message as Memory));
  return memory;
}

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 10) / 10;
}
