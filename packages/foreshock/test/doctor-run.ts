import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Finding } from '../src/doctor/finding.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
export const BIN: string = here('../bin/foreshock.js');
const INHERITED = /^(?:PATH|HOME|TMPDIR|LANG|NODE_COMPILE_CACHE)$/;

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Examined extends Ended {
  /** `wrong`, `look` and `ok` as one line each: `wrong backend: …`. */
  lines: string[];
}

/** Runs `foreshock doctor --json …`. */
export async function examine(
  args: readonly string[],
  { env = {}, cwd }: { env?: Record<string, string>; cwd: string },
): Promise<Examined> {
  const ended = await run([BIN, 'doctor', '--json', ...args], { env, cwd });
  const last = ended.stdout.trimEnd().split('\n').at(-1)!;
  if (!last.startsWith('{"schema"')) throw new Error(`no report:\n${ended.stdout}\n${ended.stderr}`);
  const { findings } = JSON.parse(last) as { findings: Finding[] };
  return { ...ended, lines: findings.map(({ level, about, text }) => `${level} ${about}: ${text}`) };
}

export function run(
  [command, ...args]: readonly string[],
  { env = {}, cwd }: { env?: Record<string, string>; cwd: string },
): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(([name]) => INHERITED.test(name)) as [string, string][];
  const child = spawn(command!, args, {
    cwd,
    env: {
      ...Object.fromEntries(inherited),
      FORESHOCK_SPOOL_DIR: join(cwd, '.spool'),
      OTEL_SERVICE_NAME: 'shop',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => (output[stream] += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
  });
}

/** A folder of its own with these files; `node_modules` has Foreshock and OpenTelemetry's API. */
export function makeProject(files: Record<string, string | object> = {}): { cwd: string; remove(): void } {
  const cwd = mkdtempSync(join(tmpdir(), 'doctor-test-'));
  const modules = join(cwd, 'node_modules');
  mkdirSync(join(modules, '@opentelemetry'), { recursive: true });
  symlinkSync(here('..'), join(modules, 'foreshock'));
  symlinkSync(here('../../../node_modules/@opentelemetry/api'), join(modules, '@opentelemetry/api'));
  for (const [name, content] of Object.entries({ 'package.json': { name: 'shop' }, ...files })) {
    const file = join(cwd, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return { cwd, remove: () => rmSync(cwd, { recursive: true, force: true }) };
}
