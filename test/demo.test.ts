import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startCollector, type Collector } from '@foreshock/testkit';
import { afterEach, expect, onTestFailed, test } from 'vitest';

const RUN = fileURLToPath(new URL('../examples/checkout/run.mjs', import.meta.url));
const PROCESSES = ['postgres', 'payments', 'orders', 'gateway', 'worker'];
const GONE_WITHIN_MS = 10_000;

/** The demo in a temporary folder of its own, so that what it leaves behind can be seen. */
class Demo {
  readonly temporary = mkdtempSync(path.join(tmpdir(), 'demo-test-'));
  readonly #child: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  output = '';

  constructor(collector: string) {
    chmodSync(this.temporary, 0o755); // as root, Postgres runs as another user
    const env: NodeJS.ProcessEnv = { ...process.env, TMPDIR: this.temporary, OTEL_EXPORTER_OTLP_ENDPOINT: collector };
    delete env['FORCE_COLOR'];
    this.#child = spawn(process.execPath, [RUN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  /** Resolves when the demo has printed this; rejects with all that it printed if it ends before. */
  async printed(text: string): Promise<void> {
    if (this.output.includes(text)) return;
    await new Promise<void>((resolve, reject) => {
      this.#child.stdout!.on('data', () => this.output.includes(text) && resolve());
      void this.exited.then(({ code }) => reject(new Error(`ended with ${code}\n${this.output}`)));
    });
  }

  /** As the demo printed it. */
  pidOf(name: string): number {
    return Number(new RegExp(`${name} +pid (\\d+)`).exec(this.output)?.[1]);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Every process below the runner, the server's own children included. */
  descendants(): number[] {
    const children = Map.groupBy(runningProcesses(), ({ parent }) => parent);
    const found = [this.#child.pid!];
    for (const pid of found) found.push(...(children.get(pid) ?? []).map((child) => child.pid));
    return found.slice(1);
  }

  remove(): void {
    this.kill('SIGKILL');
    rmSync(this.temporary, { recursive: true, force: true });
  }
}

function runningProcesses(): { pid: number; parent: number }[] {
  if (!existsSync('/proc/self/stat')) {
    const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' }).trim().split('\n');
    return rows
      .map((row) => row.trim().split(/\s+/))
      .filter(([, , state]) => !state!.startsWith('Z'))
      .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
  }
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        // `pid (name) state parent …`; the name may hold spaces and parentheses.
        const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
        return state === 'Z' ? [] : [{ pid: Number(pid), parent: Number(parent) }];
      } catch {
        return []; // it ended meanwhile
      }
    });
}

async function stillRunning(pids: number[]): Promise<number[]> {
  const limit = Date.now() + GONE_WITHIN_MS;
  for (;;) {
    const running = new Set(runningProcesses().map(({ pid }) => pid));
    const left = pids.filter((pid) => running.has(pid));
    if (left.length === 0 || Date.now() > limit) return left;
    await sleep(50);
  }
}

let demo: Demo;
let collector: Collector | undefined;

function start(endpoint: string): Demo {
  demo = new Demo(endpoint);
  onTestFailed(() => console.log(demo.output));
  return demo;
}

afterEach(async () => {
  demo.remove();
  await collector?.close();
  collector = undefined;
});

test('plays the incident, shows the worst trace and the logs joined to it, and leaves nothing behind', async () => {
  collector = await startCollector();
  start(collector.url);
  await demo.printed('The incident');
  const pids = demo.descendants();
  expect(pids).toEqual(expect.arrayContaining(PROCESSES.map((name) => demo.pidOf(name))));

  expect(await demo.exited).toEqual({ code: 0, signal: null });
  expect(await stillRunning(pids)).toEqual([]);
  expect(readdirSync(demo.temporary)).toEqual([]);

  const { output } = demo;
  expect(output).not.toContain('\x1b');
  for (const phase of ['calm', 'slow report', 'callers wait', 'recovery']) expect(output).toContain(phase);
  const traceId = /The worst of \d+ checkouts, trace ([0-9a-f]{32})/.exec(output)?.[1];
  const [, waterfall, logs, jaeger] = output.split(/The worst of|What the services logged|In Jaeger/);
  for (const row of [
    /gateway +POST \/checkout +▇+/,
    /orders .*POST \/orders +▇+/,
    /orders .*pool\.acquire orders +▒+ +\d+ \d{3} ms/,
    /orders .*SELECT products/,
    /orders .*INSERT orders/,
    /orders .*send payments/,
    /worker .*process payments/,
    /payments .*POST \/charges/,
  ]) {
    expect(waterfall).toMatch(row);
  }
  const words = waterfall!.replaceAll(/\s*[│├└]?\s+/g, ' ');
  expect(words).toMatch(
    /waited \d \d{3} ms for a connection of pool orders \(5\/5 used, \d+ waiting\); held by GET \/report: SELECT orders, [34] \d{3} ms/,
  );
  expect(words).toMatch(/waited [\d .]+ ms in queue payments/);
  for (const line of [
    /gateway +info +checkout answered/,
    /orders +info +order stored/,
    /worker +info +order paid/,
    /payments +info +charged/,
  ]) {
    expect(logs).toMatch(line);
  }
  expect(jaeger).toContain(`http://127.0.0.1:16686/trace/${traceId}`);

  // The collector has the same trace, whole.
  const spans = await collector.waitForSpans((all) => all.some((span) => span.traceId === traceId));
  const services = spans.filter((span) => span.traceId === traceId).map(({ resource }) => resource['service.name']);
  expect(new Set(services)).toEqual(new Set(['gateway', 'orders', 'worker', 'payments']));
}, 90_000);

test('leaves nothing behind when it is interrupted', async () => {
  start('http://127.0.0.1:1');
  await demo.printed('checkouts answered');
  const pids = demo.descendants();
  expect(pids.length).toBeGreaterThan(PROCESSES.length);
  demo.kill('SIGINT');
  expect(await demo.exited).toEqual({ code: 130, signal: null });
  expect(await stillRunning(pids)).toEqual([]);
  expect(readdirSync(demo.temporary)).toEqual([]);
}, 60_000);

test('leaves nothing behind when it is killed, not even a service that hangs', async () => {
  start('http://127.0.0.1:1');
  await demo.printed('checkouts answered');
  const pids = demo.descendants();
  process.kill(demo.pidOf('gateway'), 'SIGSTOP');
  demo.kill('SIGKILL');
  expect(await demo.exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(await stillRunning(pids)).toEqual([]);
  expect(readdirSync(demo.temporary)).toEqual([]);
}, 60_000);

test('says which service ended, and ends the others', async () => {
  start('http://127.0.0.1:1');
  await demo.printed('checkouts answered');
  const pids = demo.descendants();
  process.kill(demo.pidOf('orders'), 'SIGKILL');
  expect(await demo.exited).toEqual({ code: 1, signal: null });
  expect(demo.output).toContain('The demo failed: orders ended (SIGKILL)');
  expect(await stillRunning(pids)).toEqual([]);
}, 60_000);
