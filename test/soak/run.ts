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
/** Of the requests: enough for a quantile. */
const PLAIN_PART = 5;
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

const backend = new Backend();
await backend.become('healthy');
const directory = mkdtempSync(join(tmpdir(), 'foreshock-soak-'));
const app = startServer(['--require', PRELOAD]);
let stderr = '';
app.stderr!.on('data', (chunk) => (stderr += String(chunk)));
const memory: number[] = [];
app.on('message', ({ rss }: { rss?: number }) => rss !== undefined && memory.push(rss));
/** Beside it, without the preload: a busy machine makes both slow. */
const plain = startServer([]);
const [port, plainPort] = await Promise.all([portOf(app), portOf(plain)]);
const load = new Load(port, rate);
const plainLoad = new Load(plainPort, rate / PLAIN_PART);

const rss: number[] = [];
console.log('backend | requests | p50 ms | p99 ms | without preload p50 ms | p99 ms | load late ms | RSS MiB');
for (const [mode, part] of PHASES) {
  await backend.become(mode);
  load.latencies = [];
  plainLoad.latencies = [];
  load.lag = 0;
  memory.length = 0;
  await pause(part * minutes * 60_000);
  const quantiles = [load, plainLoad].flatMap(({ latencies }) => [at(latencies, 0.5), at(latencies, 0.99)]);
  // The second half: the first one may still deliver what had waited.
  rss.push(at(memory.slice(memory.length / 2), 0.5) / 2 ** 20);
  console.log([mode, load.latencies.length, ...quantiles, load.lag, Math.round(rss.at(-1)!)].join(' | '));
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
const drift = (since: number): string => ((rss.at(-1)! / rss[since]! - 1) * 100).toFixed(1);
const seen = new Set<string>();
const twice = backend.traceIds.filter((id) => seen.size === seen.add(id).size);
/** Not those whose answer the sender did not wait for. */
const twiceAnswered = twice.filter((id) => !backend.unanswered.has(id)).length;
console.log(stderr, [...new Set(load.failed)]);
console.log(
  `${load.served.size} answered, ${load.failed.length} failed, ${arrived.size} arrived, ` +
    `${twice.length} twice, of which ${twiceAnswered} though they were answered, ` +
    `${lost} lost, of which ${counted} counted as dropped; RSS ${drift(0)} % since the start, ` +
    `${drift(2)} % since the first outage`,
);
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

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 10) / 10;
}
