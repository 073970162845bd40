import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { splitOptions } from './start-options.ts';
import type { ThreadRecord } from './watch/record.ts';

export interface Watched {
  threads: ThreadRecord[];
  /** As in a shell: 128 plus a signal's number. */
  exitCode: number;
  signal: NodeJS.Signals | null;
  /** The command could not be started. */
  error?: string;
}

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
const MOST_THREADS = 200;

/** Runs the command with the watching preload and our input and output. */
export async function runCommand([command = '', ...args]: readonly string[]): Promise<Watched> {
  const directory = mkdtempSync(join(tmpdir(), 'foreshock-doctor-'));
  try {
    const given = process.env['NODE_OPTIONS'] ?? '';
    const own = writePreload(directory, isRestricted([...args, ...splitOptions(given)]));
    const env = { ...process.env, NODE_OPTIONS: `${own} ${given}`.trim() };
    const child = spawn(command, args, { stdio: 'inherit', env });
    const { promise, resolve } = Promise.withResolvers<Omit<Watched, 'threads'>>();
    const forward = (signal: NodeJS.Signals): void => {
      // A terminal sends it to both.
      if (signal === 'SIGTERM' || !process.stdin.isTTY) child.kill(signal);
    };
    for (const signal of FORWARDED) process.on(signal, forward);
    child.on('error', ({ message }) => resolve({ exitCode: 127, signal: null, error: message }));
    child.on('exit', (code, signal) =>
      resolve({ exitCode: code ?? 128 + (signal ? constants.signals[signal] : 0), signal }),
    );
    const exit = await promise;
    for (const signal of FORWARDED) process.off(signal, forward);
    return { ...exit, threads: readThreads(directory) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * One file: a process with `--permission` may read nothing else.
 *
 * @returns options for NODE_OPTIONS
 */
function writePreload(directory: string, restricted: boolean): string {
  const file = join(directory, 'watch.cjs');
  const dist = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
  const options = [
    `--require ${quoted(file)}`,
    ...(restricted ? [`--allow-fs-read=${quoted(directory)}`, `--allow-fs-write=${quoted(directory)}`] : []),
  ].join(' ');
  const call = `module.exports.watch(${[directory, dist('register.cjs'), options].map((each) => JSON.stringify(each)).join(', ')});`;
  writeFileSync(file, `${readFileSync(dist('doctor-watch.cjs'), 'utf8')}\n${call}\n`);
  return options;
}

function isRestricted(options: readonly string[]): boolean {
  return options.some((each) => /^--(?:experimental-)?permission$/.test(each));
}

function quoted(path: string): string {
  return /[\s"\\]/.test(path) ? `"${path.replaceAll(/[\\"]/g, '\\$&')}"` : path;
}

function readThreads(directory: string): ThreadRecord[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .slice(0, MOST_THREADS)
    .map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as ThreadRecord);
}
