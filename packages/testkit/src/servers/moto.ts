import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { connectable, onPath, runBinary, startServer, type RunningServer, type ServerKind } from './server.ts';
import { sharedServer } from './shared.ts';
import { USER_CACHE } from './user-cache.ts';

/** Speaks AWS's protocols: SQS, SNS. Tests share its queues and topics: use unique names. */
export interface Moto {
  /** An `endpoint`. */
  url: string;
  stop(): Promise<void>;
}

const VERSION = '5.2.1';
const CACHED = join(USER_CACHE, `moto-${VERSION}`);

/**
 * Of `FORESHOCK_TEST_AWS_URL`, else the vitest run's (testkit's global setup), else this call's; a `moto_server` on the
 * path, else from PyPI, once, else from Docker.
 */
export async function startMoto(): Promise<Moto> {
  return (await sharedServer(moto)) ?? (await startServer(moto));
}

/**
 * For tests skipped, with a reason, where moto cannot run.
 *
 * @throws with `FORESHOCK_TEST_AWS_URL`, or under `CI` with Python
 */
export async function startMotoIfPossible(): Promise<{ moto: Moto } | { missing: string }> {
  try {
    return { moto: await startMoto() };
  } catch (error) {
    if (process.env[moto.variable] || moto.find() || (process.env['CI'] && hasPython())) throw error;
    return { missing: (error as Error).message.replaceAll(/\s+/g, ' ').slice(0, 300) };
  }
}

export const moto: ServerKind = {
  name: 'moto',
  variable: 'FORESHOCK_TEST_AWS_URL',
  packages: [],
  docker: { image: `motoserver/moto:${VERSION}`, port: 5000, url: (port) => `http://127.0.0.1:${port}` },
  find: () => onPath('moto_server') ?? (existsSync(CACHED) ? CACHED : undefined),
  obtain: async () => (hasPython() ? install() : undefined),
  async launch(found, room): Promise<RunningServer> {
    const isCached = found === CACHED;
    const { stop } = await runBinary(
      isCached ? 'python3' : found,
      [...(isCached ? ['-m', 'moto.server'] : []), '--host', '127.0.0.1', '--port', String(room.port)],
      // Perhaps only this account can read it.
      { ...room, user: undefined },
      () => connectable(room.port),
      { signal: 'KILL', env: { ...process.env, ...(isCached && { PYTHONPATH: CACHED }) } },
    );
    return { url: `http://127.0.0.1:${room.port}`, stop };
  },
  ping: (url) => connectable(Number(new URL(url).port)),
};

function hasPython(): boolean {
  return spawnSync('python3', ['-c', 'import sys, pip; sys.exit(sys.version_info < (3, 10))']).status === 0;
}

async function install(): Promise<string> {
  mkdirSync(dirname(CACHED), { recursive: true });
  // Renamed when complete, for concurrent runs.
  const half = mkdtempSync(`${CACHED}.`);
  const args = ['-m', 'pip', 'install', '--quiet', '--target', half, `moto[server]==${VERSION}`];
  try {
    await promisify(execFile)('python3', args, { timeout: 300_000 });
    renameSync(half, CACHED);
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
  return CACHED;
}
