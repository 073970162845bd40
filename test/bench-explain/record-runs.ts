import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIST = new URL('../../examples/checkout/faults/list.mjs', import.meta.url).href;
// An example is JavaScript, as its users write it.
const { FAULTS } = (await import(LIST)) as { FAULTS: Record<string, { kind: string | null; servers?: string[] }> };
const DEMO = fileURLToPath(new URL('../../examples/checkout/run.mjs', import.meta.url));
const LIMIT_MS = 300_000;

/** What is played. */
export interface Runs {
  faults: string[];
  rates: number[];
  seeds: number[];
  /** Runs without a fault, whose load grows by half. */
  healthy: number;
  /** Multiplies all times. */
  length: number;
}

/** Every fault once, and two healthy runs: minutes. */
export const SMALL: Runs = { faults: faults(false), rates: [8], seeds: [1], healthy: 2, length: 1 };
/** An afternoon. */
export const FULL: Runs = {
  faults: faults(true),
  rates: [4, 8, 12],
  seeds: [1, 2, 3, 4, 5],
  healthy: 50,
  length: 2,
};

/** @param more whether faults count, too, that need servers of the machine */
function faults(more: boolean): string[] {
  return Object.entries(FAULTS).flatMap(([name, { kind, servers }]) => (kind && (more || !servers) ? name : []));
}

/** Plays what is not in the folder yet, one folder a run. */
export async function recordRuns(
  folder: string,
  { faults: names, rates, seeds, healthy, length }: Runs,
): Promise<void> {
  const runs = names.flatMap((fault) => rates.flatMap((rate) => seeds.map((seed) => ({ fault, rate, seed }))));
  for (let i = 0; i < healthy; i++) runs.push({ fault: 'load-step', rate: rates[i % rates.length]!, seed: i + 1 });
  for (const [i, { fault, rate, seed }] of runs.entries()) {
    const name = `${fault}-${rate}-${seed}`;
    const own = join(folder, name);
    if (existsSync(join(own, 'truth.json'))) continue;
    const options = { fault, rate, seed, length, out: own };
    const args = Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)]);
    process.stderr.write(`${i + 1}/${runs.length} ${name}\n`);
    const output = await play(args);
    if (existsSync(join(own, 'truth.json'))) continue;
    rmSync(own, { recursive: true, force: true });
    console.error(`${name} was not played:\n${output}`);
  }
}

async function play(args: string[]): Promise<string> {
  // Nobody listens there: the spans are for the folder alone.
  const env = { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', NO_COLOR: '1' };
  const child = spawn(process.execPath, [DEMO, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGTERM'), LIMIT_MS);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (output = (output + chunk).slice(-2_000)));
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  return output;
}
