import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { USER_CACHE } from '@foreshock/testkit';

/** Why there is no such backend here; `expected` when the machine has what is needed to get it. */
export class Unavailable extends Error {
  readonly expected: boolean;

  constructor(message: string, expected: boolean, cause?: unknown) {
    super(message, { cause });
    this.expected = expected;
  }
}

/** A file of the cache, made once: in a folder beside it and renamed, so that half a download is never found. */
export async function cached(name: string, make: (folder: string) => Promise<string>): Promise<string> {
  const path = join(USER_CACHE, name);
  if (existsSync(path)) return path;
  mkdirSync(USER_CACHE, { recursive: true });
  const folder = mkdtempSync(join(USER_CACHE, 'making-'));
  try {
    renameSync(await make(folder), path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return path;
}

/** The first group of `pattern` in what a program says of itself; undefined when there is no such program. */
export function versionOf(program: string, args: readonly string[], pattern: RegExp): string | undefined {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return pattern.exec(`${stdout}\n${stderr}`)?.[1];
}

/** Runs a tool to its end, at the lowest priority; what it wrote to stdout. */
export async function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const child = spawn('nice', ['-n', '19', program, ...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (): void => void child.kill();
  process.once('exit', kill);
  let stdout = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2_000)));
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject).once('close', resolve);
  try {
    const code = await promise;
    if (code !== 0)
      throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${(said || stdout.slice(-2_000)).trim()}`);
    return stdout;
  } finally {
    process.off('exit', kill);
  }
}

/** What takes long says so; vitest shows it while it waits. */
export function say(line: string): void {
  process.stderr.write(`test:backends: ${line}\n`);
}

/** Runs an image with ports of 127.0.0.1 for the named ones; undefined when no Docker daemon answers. */
export function runContainer(
  image: string,
  ports: readonly number[],
): { ports: number[]; stop(): Promise<void> } | undefined {
  const docker = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync('docker', args, { encoding: 'utf8' });
  if (docker('version', '--format', '{{.Server.Version}}').status !== 0) return undefined;
  const started = docker('run', '-d', '--rm', ...ports.flatMap((port) => ['-p', `127.0.0.1::${port}`]), image);
  if (started.status !== 0) throw new Unavailable(`docker run ${image}: ${started.stderr.trim()}`, true);
  const container = started.stdout.trim();
  const remove = (): void => void docker('rm', '-f', container);
  process.once('exit', remove);
  return {
    ports: ports.map((port) => Number(docker('port', container, String(port)).stdout.trim().split(':').pop())),
    async stop() {
      process.off('exit', remove);
      remove();
    },
  };
}

/** Resolves as soon as `ask` does. */
export async function until<T>(what: string, timeoutMs: number, ask: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await ask();
    } catch (cause) {
      if (Date.now() > deadline)
        throw new Error(`${what} took longer than ${timeoutMs} ms: ${(cause as Error).message}`, { cause });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** GET, as JSON. */
export async function read(url: string): Promise<any> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
  return response.json();
}
