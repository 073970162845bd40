import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Collector } from './collector.ts';

export interface FixtureOptions {
  /** Default `require`; `none`: no preload. */
  preload?: 'require' | 'import' | 'none';
  /** Default: the test's own. */
  node?: 22 | 24 | 26;
  /**
   * Added to the test's environment without `OTEL_*`, `FORESHOCK_*`, `NODE_OPTIONS` and vitest's; undefined removes a
   * variable.
   */
  env?: Record<string, string | undefined>;
  args?: readonly string[];
  /** Before the preload. */
  nodeArgs?: readonly string[];
  /** Target of spans; without it and exporters in `env`, none. */
  collector?: Pick<Collector, 'url'>;
  cwd?: string | URL;
  /** Limit for `ready`; default 50 s. */
  readyTimeoutMs?: number;
}

export interface FixtureExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** In a child process. */
export interface Fixture {
  readonly pid: number;
  /** JSON of its `READY <json>` line; rejects, with its output, at its end or the limit. */
  readonly ready: Promise<any>;
  /** With all output; never rejects. */
  readonly exited: Promise<FixtureExit>;
  lines(stream: 'stdout' | 'stderr'): string[];
  /** The first matching line, past or future; rejects if it ends without. */
  waitForLine(stream: 'stdout' | 'stderr', predicate: (line: string) => boolean): Promise<string>;
  send(message: unknown): void;
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after 10 s. */
  stop(): Promise<FixtureExit>;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const STEADY = {
  // One test's files must not reach the next.
  FORESHOCK_SPOOL_DIR: '',
  // A loaded machine blocks event loops, each a line on standard error.
  FORESHOCK_BLOCK_MS: '0',
};
const NODE_PACKAGES = { 22: 'node-22', 24: 'node', 26: 'node-26' } as const;

/** As published. */
export const PRELOAD: string = `${ROOT}packages/foreshock/dist/register.cjs`;

/** From npm's `node` packages. */
export function nodeBinary(major: 22 | 24 | 26): string {
  return `${ROOT}node_modules/${NODE_PACKAGES[major]}/bin/node`;
}

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** Runs a file in a child process with the preload. Killed after its test; from a hook it lives until `stop`. */
export async function runFixture(file: URL | string, options: FixtureOptions = {}): Promise<Fixture> {
  const path = typeof file === 'string' ? file : fileURLToPath(file);
  const node = options.node ? nodeBinary(options.node) : process.execPath;
  const args = [
    ...(options.nodeArgs ?? []),
    ...preloadArgs(options.preload ?? 'require'),
    path,
    ...(options.args ?? []),
  ];
  const child = spawn(node, args, {
    env: environment(path, options),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    ...(options.cwd && { cwd: options.cwd }),
  });
  alive.add(child);
  await killAfterTest(child);
  return new RunningFixture(child, path, options.readyTimeoutMs ?? 50_000);
}

/** For applications that tests start themselves. */
export function plainEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return { PATH, NODE_COMPILE_CACHE, ...STEADY, ...env };
}

function preloadArgs(preload: NonNullable<FixtureOptions['preload']>): string[] {
  if (preload === 'none') return [];
  if (!existsSync(PRELOAD)) throw new Error(`${PRELOAD} is not there: npm run build`);
  return preload === 'require' ? ['--require', PRELOAD] : ['--import', pathToFileURL(PRELOAD).href];
}

function environment(path: string, { collector, env = {} }: FixtureOptions): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:OTEL_|FORESHOCK_|VITEST|NODE_OPTIONS$|NODE_ENV$)/.test(name),
  );
  const exports = collector || Object.keys(env).some((name) => name.startsWith('OTEL_') && name.includes('EXPORTER'));
  const merged = {
    ...Object.fromEntries(inherited),
    OTEL_SERVICE_NAME: basename(path, extname(path)),
    OTEL_BSP_SCHEDULE_DELAY: '50',
    ...STEADY,
    // Loaded machines exceed the default flush limit.
    ...(collector && { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, FORESHOCK_FLUSH_MS: '60000' }),
    ...(!exports && { OTEL_TRACES_EXPORTER: 'none' }),
    ...env,
  };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}

async function killAfterTest(child: ChildProcess): Promise<void> {
  if (!process.env['VITEST']) return;
  const { onTestFinished } = await import('vitest');
  try {
    onTestFinished(() => void child.kill('SIGKILL'));
  } catch {
    // Outside a test.
  }
}

class RunningFixture implements Fixture {
  readonly ready: Promise<any>;
  readonly exited: Promise<FixtureExit>;
  readonly #child: ChildProcess;
  readonly #path: string;
  readonly #output = { stdout: '', stderr: '' };
  readonly #lines: Record<'stdout' | 'stderr', string[]> = { stdout: [], stderr: [] };
  readonly #watchers = new Set<(stream: 'stdout' | 'stderr', line: string) => void>();
  #ended = false;

  constructor(child: ChildProcess, path: string, readyTimeoutMs: number) {
    this.#child = child;
    this.#path = path;
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]!.setEncoding('utf8').on('data', (text: string) => (this.#output[stream] += text));
      createInterface({ input: child[stream]! }).on('line', (line) => {
        this.#lines[stream].push(line);
        for (const watch of this.#watchers) watch(stream, line);
      });
    }
    this.exited = this.#exit();
    this.ready = this.#ready(readyTimeoutMs);
    // Tests may wait for `exited` only.
    this.ready.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async #exit(): Promise<FixtureExit> {
    const child = this.#child;
    const closed = new Promise((resolve) => child.once('close', resolve));
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once('exit', (...outcome) => resolve(outcome));
      child.once('error', (error) => {
        this.#output.stderr += String(error);
        resolve([null, null]);
      });
    });
    alive.delete(child);
    // A grandchild may keep pipes open.
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
    this.#ended = true;
    return { code, signal, ...this.#output };
  }

  async #ready(timeoutMs: number): Promise<unknown> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), timeoutMs);
    try {
      const line = await this.waitForLine('stdout', (candidate) => /^READY(?: |$)/.test(candidate));
      return line === 'READY' ? undefined : JSON.parse(line.slice('READY '.length));
    } finally {
      clearTimeout(timer);
    }
  }

  lines(stream: 'stdout' | 'stderr'): string[] {
    return [...this.#lines[stream]];
  }

  async waitForLine(stream: 'stdout' | 'stderr', predicate: (line: string) => boolean): Promise<string> {
    const past = this.#lines[stream].find(predicate);
    if (past !== undefined) return past;
    const { promise, resolve } = Promise.withResolvers<string>();
    const watch = (from: string, line: string): void => {
      if (from === stream && predicate(line)) resolve(line);
    };
    this.#watchers.add(watch);
    try {
      return await Promise.race([promise, this.exited.then((exit) => this.#failed(exit))]);
    } finally {
      this.#watchers.delete(watch);
    }
  }

  #failed({ code, signal, stdout, stderr }: FixtureExit): never {
    throw new Error(`${this.#path} ended first (${signal ?? code})\nstdout:\n${stdout}\nstderr:\n${stderr}`);
  }

  send(message: unknown): void {
    this.#child.send(message as never);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<FixtureExit> {
    if (!this.#ended) this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }
}
