// Keeps a server for the demo alone: data in a temporary folder, free ports, and an end that comes with the end of
// the process that holds our stdin. It is a process of its own, so that even a kill -9 of the runner leaves
// somebody to stop the server and to remove its data.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { chown, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const PORT_ATTEMPTS = 5;
const STOP_LIMIT_MS = 2_000;

/** @type {{ child: import('node:child_process').ChildProcess, signal: NodeJS.Signals }[]} */
const running = [];
let home;
let ending = false;

/**
 * Starts a server and prints where it is; it runs until our stdin closes or somebody ends us.
 * @param {string} name
 * @param {(room: Room) => Promise<string>} start resolves with the address once the server answers
 */
export async function keep(name, start) {
  process.stdin.on('error', () => {});
  process.stdin.on('close', () => end(0));
  process.stdin.resume();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => end(0));
  try {
    const owner = unprivilegedUser();
    home = mkdtempSync(path.join(tmpdir(), `foreshock-demo-${name}-`));
    if (owner) await chown(home, owner.uid, owner.gid);
    const url = await start(new Room(home, owner));
    for (const { child } of running) child.once('close', () => fail(new Error('the server stopped by itself')));
    console.log(`${name} listening at ${url}`);
  } catch (error) {
    fail(error);
  }
}

/** Where a server lives: a folder, which its user owns. Servers refuse to run as root, or had better not. */
export class Room {
  constructor(home, owner) {
    this.home = home;
    this.owner = owner;
    const inherited = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG|RABBITMQ_|ERL_)/.test(name));
    this.env = Object.fromEntries(inherited);
  }

  file(name) {
    return path.join(this.home, name);
  }

  /**
   * Runs a program to its end, or until it prints `ready`; then it runs until the demo's end, which `signal` brings.
   * @param {string} program
   * @param {string[]} args
   * @param {{ ready?: string, signal?: NodeJS.Signals, env?: NodeJS.ProcessEnv }} [options]
   */
  run(program, args, { ready, signal = 'SIGTERM', env = {} } = {}) {
    if (ending) throw new Error('ended while starting');
    return new Promise((resolve, reject) => {
      const options = { ...this.owner, cwd: this.home, env: { ...this.env, ...env } };
      const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
      const entry = { child, signal };
      running.push(entry);
      let output = '';
      const read = (chunk) => {
        output = (output + chunk).slice(-4_000);
        if (ready && output.includes(ready)) resolve();
      };
      for (const stream of [child.stdout, child.stderr]) stream.on('data', read);
      const ended = (error) => {
        running.splice(running.indexOf(entry), 1);
        if (error) reject(error);
        else resolve();
      };
      child.once('error', ended);
      child.once('close', (code) =>
        ended(code === 0 && !ready ? undefined : new Error(`${path.basename(program)} failed: ${output.trim()}`)),
      );
    });
  }

  /** Starts a server on a free port. Another process can take that port before it is bound: then on another one. */
  async listen(start) {
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      try {
        await start(port);
        return port;
      } catch (error) {
        if (attempt === PORT_ATTEMPTS || !/could not bind|eaddrinuse|already in use/i.test(error.message)) throw error;
      }
    }
  }
}

export async function freePort() {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers();
  server.once('error', reject).listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
  return promise;
}

/** Root runs servers as `nobody`, who owns nothing. */
function unprivilegedUser() {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'nobody') ?? users.find(([name]) => name === 'postgres');
  if (!user) throw new Error('Servers refuse to run as root, and there is no user `nobody` or `postgres` to run them.');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

function fail(error) {
  if (!ending) console.error(error.message);
  end(1);
}

/** Stops what runs and removes the data. */
async function end(exitCode) {
  if (ending) return;
  ending = true;
  await Promise.all(running.map(stop));
  if (home) await rm(home, { recursive: true, force: true, maxRetries: 5 });
  process.exit(exitCode);
}

async function stop({ child, signal }) {
  if (!child.pid || child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await closed;
  clearTimeout(timer);
}
