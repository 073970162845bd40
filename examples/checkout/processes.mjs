// Child processes that are started together, watched, and ended together.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const START_LIMIT_MS = 45_000;
const STOP_LIMIT_MS = 5_000;
const OUTPUT_KEPT = 12;

export class Processes {
  #running = new Set();
  #failure = Promise.withResolvers();
  #stopping = false;
  #onLine;

  /** @param {(name: string, line: string) => void} onLine every line a process prints */
  constructor(onLine) {
    this.#onLine = onLine;
    this.#failure.promise.catch(() => {});
  }

  /** Rejects when a process ends that nobody asked to end. */
  get failure() {
    return this.#failure.promise;
  }

  /**
   * Runs `node …args` and waits for the line that says it is ready.
   * @param {string} name
   * @param {string[]} args
   * @param {{ env?: NodeJS.ProcessEnv, ready: RegExp }} options `ready`'s first group, if any, is the address
   * @returns {Promise<{ name: string, pid: number, url: string | undefined }>}
   */
  async start(name, args, { env = process.env, ready }) {
    if (this.#stopping) throw new Error('it is ending');
    // The pipe to stdin is never written to: its closing tells the child that this process is gone. A
    // group of its own keeps a Ctrl-C from reaching the child before we end them all in order, and lets
    // us end what a child that died has left behind.
    const child = spawn(process.execPath, args, {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    child.stdin.on('error', () => {});
    const { promise: isReady, resolve, reject } = Promise.withResolvers();
    const exited = new Promise((done) => child.once('close', (code, signal) => done(signal ?? `code ${code}`)));
    const entry = { name, child, exited };
    this.#running.add(entry);

    const output = [];
    const read = (line) => {
      if (output.push(line) > OUTPUT_KEPT) output.shift();
      const match = ready.exec(line);
      if (match) resolve(match[1]);
      if (!this.#stopping) this.#onLine(name, line);
    };
    createInterface({ input: child.stdout }).on('line', read);
    createInterface({ input: child.stderr }).on('line', read);
    const fail = (what) => {
      const error = new Error([`${name} ${what}`, ...output.map((line) => `    ${line}`)].join('\n'));
      reject(error);
      if (!this.#stopping) this.#failure.reject(error);
    };
    child.once('error', (error) => fail(`did not start: ${error.message}`));
    exited.then((how) => {
      this.#running.delete(entry);
      endGroup(child.pid);
      fail(`ended (${how})`);
    });

    const timer = setTimeout(() => fail(`was not ready within ${START_LIMIT_MS / 1000} s`), START_LIMIT_MS);
    try {
      return { name, pid: child.pid, url: await isReady };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends all of them, the last one started first; what does not follow SIGTERM is killed. */
  async stop() {
    this.#stopping = true;
    for (const { child, exited } of [...this.#running].toReversed()) {
      child.kill('SIGTERM');
      child.stdin.destroy();
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      await exited;
      clearTimeout(timer);
    }
  }
}

function endGroup(pid) {
  try {
    if (pid) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}
