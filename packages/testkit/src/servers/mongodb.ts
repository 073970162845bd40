import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { IS_MATRIX } from '../nodes.ts';
import { connectable, onPath, runBinary, startServer, type RunningServer, type ServerKind } from './server.ts';
import { sharedServer } from './shared.ts';
import { USER_CACHE } from './user-cache.ts';

/** Of MongoDB's protocol. */
export interface MongoDb {
  /** `mongodb://127.0.0.1:PORT/DATABASE?replicaSet=…`, fresh. */
  url: string;
  stop(): Promise<void>;
}

/** No registry has a `mongod`. FerretDB 2 needs a PostgreSQL extension; 1 uses SQLite. */
const VERSION = '1.24.2';
const MODULE = `github.com/FerretDB/FerretDB@v${VERSION}`;
const CACHED = join(USER_CACHE, `ferretdb-${VERSION}`);
const REPLICA_SET = 'rs0';

/**
 * A database of `FORESHOCK_TEST_MONGODB_URL`, else of the vitest run's server (testkit's global setup), else this
 * call's; a `ferretdb` on the path, else built by Go from the module proxy, once.
 */
export async function startMongoDb(): Promise<MongoDb> {
  const { url, stop } = (await sharedServer(mongodb)) ?? (await startServer(mongodb));
  const database = new URL(url);
  database.pathname = `test_${randomBytes(6).toString('hex')}`;
  return { url: database.href, stop };
}

/**
 * For tests skipped, with a reason, where FerretDB cannot run. Call it outside tests: building takes one to two
 * minutes, which `npm test`, with its ten, leaves to `npm run test:matrix`.
 *
 * @throws with `FORESHOCK_TEST_MONGODB_URL`, or under `CI` with Go
 */
export async function startMongoDbIfPossible(): Promise<{ mongodb: MongoDb } | { missing: string }> {
  if (!IS_MATRIX && !process.env[mongodb.variable] && !mongodb.find()) {
    return { missing: 'npm run test:matrix builds FerretDB' };
  }
  try {
    return { mongodb: await startMongoDb() };
  } catch (error) {
    if (process.env[mongodb.variable] || mongodb.find() || (process.env['CI'] && hasGo())) throw error;
    return { missing: (error as Error).message.replaceAll(/\s+/g, ' ').slice(0, 300) };
  }
}

const urlOf = (port: number): string => `mongodb://127.0.0.1:${port}/?replicaSet=${REPLICA_SET}`;

export const mongodb: ServerKind = {
  name: 'mongodb',
  variable: 'FORESHOCK_TEST_MONGODB_URL',
  packages: [],
  find: () => onPath('ferretdb') ?? (existsSync(CACHED) ? CACHED : undefined),
  obtain: async () => (hasGo() ? build() : undefined),
  async launch(binary, room): Promise<RunningServer> {
    mkdirSync(join(room.folder, 'data'));
    const { stop } = await runBinary(
      binary,
      [
        '--handler=sqlite',
        '--sqlite-url=file:data/?_pragma=synchronous(off)',
        '--state-dir=.',
        `--listen-addr=127.0.0.1:${room.port}`,
        '--debug-addr=-',
        // The driver repeats writes only to replica sets.
        `--repl-set-name=${REPLICA_SET}`,
        '--telemetry=disable',
        '--log-level=ERROR',
      ],
      // Perhaps only this account can read it.
      { ...room, user: undefined },
      () => connectable(room.port),
      { signal: 'KILL' },
    );
    return { url: urlOf(room.port), stop };
  },
  ping: (url) => connectable(Number(new URL(url).port)),
};

/** From the module's go.mod. */
function hasGo(): boolean {
  const { stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' });
  const [, minor] = /^go1\.(\d+)/.exec(stdout ?? '') ?? [];
  return Number(minor) >= 24;
}

async function build(): Promise<string> {
  mkdirSync(dirname(CACHED), { recursive: true });
  process.stderr.write(`building ${MODULE} with Go (one to two minutes, once)\n`);
  const folder = mkdtempSync(`${CACHED}.`);
  try {
    const env = { ...process.env, CGO_ENABLED: '0' };
    const { Dir } = JSON.parse(await go(['mod', 'download', '-json', MODULE], folder, env)) as { Dir: string };
    const source = join(folder, 'source');
    copyWritable(Dir, source);
    // Made by its release (build/version/version.go).
    writeFileSync(join(source, 'build/version/version.txt'), `v${VERSION}\n`);
    const binary = join(folder, 'ferretdb');
    // Optimising SQLite is a third of the build.
    const flags = ['-trimpath', '-tags', 'ferretdb_no_postgresql', '-gcflags', 'all=-N -l', '-ldflags', '-s -w'];
    await go(['build', ...flags, '-o', binary, './cmd/ferretdb'], source, env);
    // Renamed when complete, for concurrent runs.
    renameSync(binary, CACHED);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return CACHED;
}

async function go(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await promisify(execFile)('go', args, { cwd, env, timeout: 600_000 });
  return stdout;
}

/** The module cache is read-only. */
function copyWritable(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyWritable(source, target);
    else writeFileSync(target, readFileSync(source));
  }
}
