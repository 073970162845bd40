import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
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
export interface MariaDb {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  /** `mysql://user:password@127.0.0.1:PORT/database` */
  url: string;
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * An empty database of `FORESHOCK_TEST_MARIADB_URL`'s server, else the vitest run's (testkit's global setup), else this
 * call's.
 */
export async function startMariaDb(): Promise<MariaDb> {
  const server = (await sharedServer(mariadb)) ?? (await startServer(mariadb));
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
    port: Number(port || 3306),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
    url,
    createDatabase,
    async stop() {
      await query(server.url, ...created.splice(0).map((name) => `DROP DATABASE IF EXISTS ${name}`));
      await server.stop();
    },
  };
}

/** MariaDB 10.5 and later. */
export const mariadb: ServerKind = {
  name: 'mariadb',
  variable: 'FORESHOCK_TEST_MARIADB_URL',
  // `mariadb-server` would start a service; the installer needs the client package.
  packages: ['mariadb-server-core', 'mariadb-client-core'],
  docker: {
    image: 'mariadb:11.8',
    port: 3306,
    env: { MARIADB_ROOT_PASSWORD: 'secret' },
    command: ['--max-connections=300', '--skip-name-resolve'],
    url: (port) => `mysql://root:secret@127.0.0.1:${port}/mysql`,
  },
  find: () =>
    [onPath('mariadbd'), '/usr/sbin/mariadbd', '/usr/libexec/mariadbd'].find((path) => path && installer(path)),
  launch,
  ping: (url) => query(url),
};

const SMALL = ['--innodb-buffer-pool-size=32M', '--innodb-log-file-size=8M', '--performance-schema=off'];
const FAST = [
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-doublewrite=0',
  '--skip-log-bin',
  '--max-connections=300',
];
const ACCOUNT = `CREATE USER 'foreshock'@'%' IDENTIFIED BY 'secret';\nGRANT ALL ON *.* TO 'foreshock'@'%' WITH GRANT OPTION;\n`;

async function launch(binary: string, room: Room): Promise<RunningServer> {
  const data = join(room.folder, 'data');
  const made = spawnSync(
    installer(binary)!,
    ['--no-defaults', `--datadir=${data}`, '--skip-test-db', '--skip-name-resolve', ...SMALL, ...FAST],
    { cwd: room.folder, encoding: 'utf8', env: { PATH: PATHS, LC_ALL: 'C' }, ...room.user },
  );
  if (made.status !== 0)
    throw new Error(`mariadb-install-db failed: ${made.error?.message ?? made.stdout + made.stderr}`);
  const account = join(room.folder, 'account.sql');
  writeFileSync(account, ACCOUNT);
  const url = `mysql://foreshock:secret@127.0.0.1:${room.port}/mysql`;
  const { stop } = await runBinary(
    binary,
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--tmpdir=${room.folder}`,
      `--port=${room.port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(room.folder, 'socket')}`,
      `--pid-file=${join(room.folder, 'pid')}`,
      `--init-file=${account}`,
      '--skip-name-resolve',
      ...SMALL,
      ...FAST,
    ],
    room,
    async () => {
      await connectable(room.port);
      await query(url);
    },
    // Without clean shutdown: its data is deleted.
    { signal: 'KILL', env: { PATH: PATHS, LC_ALL: 'C' } },
  );
  return { url, stop };
}

/** Debian's are on root's. */
const PATHS = `${process.env['PATH'] ?? ''}:/usr/bin:/usr/sbin`;

/** Beside the server or in the distribution's folder. */
function installer(binary: string): string | undefined {
  const folders = [dirname(binary), join(dirname(binary), '..', 'bin'), join(dirname(binary), '..', 'scripts')];
  const script = folders.map((folder) => join(folder, 'mariadb-install-db')).find(existsSync);
  return existsSync(binary) ? script : undefined;
}

// A worker thread loads its own, unpatched `mysql2`.
const QUERY = `
const { workerData: { mysql2, url, statements } } = require('node:worker_threads');
(async () => {
  const connection = await require(mysql2).createConnection({ uri: url, connectTimeout: 5000 });
  for (const statement of statements) await connection.query(statement);
  await connection.end();
})();`;

async function query(url: string, ...statements: string[]): Promise<void> {
  const mysql2 = createRequire(import.meta.url).resolve('mysql2/promise');
  const worker = new Worker(QUERY, { eval: true, execArgv: [], workerData: { mysql2, url, statements } });
  await new Promise<void>((resolve, reject) => worker.once('error', reject).once('exit', () => resolve()));
}
