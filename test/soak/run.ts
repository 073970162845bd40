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
import { at, printPairs } from './pairs.ts';

const minutes = Number(process.argv[2] ?? 10);
const rate = Number(process.argv[3] ?? 500);
const SLICE_MS = minutes * 1_000;
const FAILING: readonly Mode[] = ['absent', 'hangs', 'answers 503', 'slow', 'answers 429', 'resets'];
/** In slices. Those of one slice are pairs: a machine that grows slower makes both slow. */
const PHASES: readonly (readonly [Mode, number])[] = [
  ['healthy', 6],
  ['absent', 9],
  ['healthy', 3],
  ...[1, 2, 3].flatMap(() => FAILING.flatMap((mode) => [['healthy', 1] as const, [mode, 1] as const])),
  ['healthy', 6],
];
/** Of a slice: what a change itself does is not measured. */
const SETTLES = 0.2;

/** What the server says of its memory, bytes. */
const PARTS = ['rss', 'young', 'heap', 'arrayBuffers', 'malloc'] as const;
type Memory = Record<(typeof PARTS)[number], number>;

interface Measured {
  readonly mode: Mode;
  readonly slices: number;
  readonly requests: number;
  /** With the preload and without it, ms. */
  readonly p50: readonly number[];
  readonly p99: readonly number[];
  readonly lag: number;
  /** MiB. */
  readonly memory: readonly Memory[];
}

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

const measured: Measured[] = [];
/** After a long phase and a collection of garbage, bytes. */
const rss: number[][] = [];
console.log(
  `backend | slices | requests | p50 ms | without preload | p99 ms | without preload | load late ms | MiB ${PARTS.join(', ')} | without preload`,
);
for (const [mode, slices] of PHASES) {
  await backend.become(mode);
  // Until then it waits for the next attempt, as during an outage.
  if (mode === 'healthy') await backend.taken();
  await pause(SETTLES * SLICE_MS);
  load.latencies = [];
  plainLoad.latencies = [];
  load.lag = 0;
  for (const each of memory) each.length = 0;
  await pause((slices - SETTLES) * SLICE_MS);
  const all = [load, plainLoad].map(({ latencies }) => latencies);
  const phase: Measured = {
    mode,
    slices,
    requests: load.latencies.length,
    p50: all.map((latencies) => at(latencies, 0.5)),
    p99: all.map((latencies) => at(latencies, 0.99)),
    lag: load.lag,
    // The second half: the first one may still deliver what had waited.
    memory: memory.map((each) => medianOf(each.slice(each.length / 2))),
  };
  measured.push(phase);
  if (slices > 1) rss.push(await Promise.all([app, plain].map(collected)));
  const mib = phase.memory.map((parts) => PARTS.map((part) => parts[part].toFixed(1)).join(' '));
  console.log([mode, slices, phase.requests, ...phase.p50, ...phase.p99, phase.lag, ...mib].join(' | '));
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
  rss
    .at(-1)!
    .map((now, server) => `${((now / rss[since]![server]! - 1) * 100).toFixed(1)} %`)
    .join(' and ');
const seen = new Set<string>();
const twice = backend.traceIds.filter((id) => seen.size === seen.add(id).size);
/** Not those whose answer the sender did not wait for. */
const twiceAnswered = twice.filter((id) => !backend.unanswered.has(id)).length;
console.log(stderr, [...new Set(load.failed)]);
console.log(
  `${load.served.size} answered, ${load.failed.length} failed, ${arrived.size} arrived, ` +
    `${twice.length} twice, of which ${twiceAnswered} though they were answered, ` +
    `${lost} lost, of which ${counted} counted as dropped; RSS after a collection, with the preload and without it, ` +
    `${drift(0)} since the first phase, ${drift(2)} since the first outage`,
);
printPairs(measured.filter(({ slices }) => slices === 1));
process.exitCode = lost > counted || load.failed.length > 0 || twiceAnswered > 0 ? 1 : 0;

function startServer(execArgv: readonly string[]): ChildProcess {
  return fork(fileURLToPath(new URL('./fixtures/server.cjs', import.meta.url)), {
    execArgv: ['--expose-gc', ...execArgv],
    env: { OTEL_SERVICE_NAME: 'soak', OTEL_EXPORTER_OTLP_ENDPOINT: backend.url, FORESHOCK_SPOOL_DIR: directory },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
}

function portOf(server: ChildProcess): Promise<number> {
  return new Promise((resolve) =>
    server.on('message', (message: { port?: number }) => message.port !== undefined && resolve(message.port)),
  );
}

/** V8's young generation grows in any process, and with it its memory. */
function collected(server: ChildProcess): Promise<number> {
  server.send('collect');
  return new Promise((resolve) => {
    server.on('message', (message: { collected?: number }) => {
      if (message.collected !== undefined) resolve(message.collected);
    });
  });
}

function memoryOf(server: ChildProcess): Memory[] {
  const memory: Memory[] = [];
  server.on('message', (message: Partial<Memory>) => message.rss !== undefined && memory.push(message as Memory));
  return memory;
}

/** Of each part, MiB. */
function medianOf(all: readonly Memory[]): Memory {
  const medians = PARTS.map((part) => [
    part,
    at(
      all.map((each) => each[part] / 2 ** 20),
      0.5,
    ),
  ]);
  return Object.fromEntries(medians) as Memory;
}
