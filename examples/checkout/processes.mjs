// Child processes that are started together, watched, and ended together.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const START_LIMIT_MS = 45_000;
const STOP_LIMIT_MS = 5_000;
const OUTPUT_KEPT = 12;
const REAPER = fileURLToPath(new URL('reaper.mjs', import.meta.url));
// A group of its own keeps a Ctrl-C in the terminal from a child before we end them in order, and lets what
// a child leaves behind be ended with it. Windows knows no groups.
const GROUPS = process.platform !== 'win32';

export class Processes {
  #running = new Set();
  #failure = Promise.withResolvers();
  #stopping = false;
  #onLine;
  #reaper = spawn(process.execPath, [REAPER], { stdio: ['pipe', 'ignore', 'inherit'], detached: GROUPS });
  #reaperEnded;

  /** @param {(name: string, line: string) => void} onLine every line a process prints */
  constructor(onLine) {
    this.#onLine = onLine;
    this.#failure.promise.catch(() => {});
    this.#reaper.stdin.on('error', () => {});
    this.#reaperEnded = new Promise((done) => this.#reaper.once('exit', done));
    this.#reaperEnded.then(() => {
      if (!this.#stopping) this.#failure.reject(new Error('the reaper ended'));
    });
  }

  /** Rejects when a process ends that nobody asked to end. */
  get failure() {
    return this.#failure.promise;
  }

  /**
   * Runs `node …args` and waits for the line that says it is ready.
   * @param {string} name
   * @param {string[]} args
   * @param {{ env?: NodeJS.ProcessEnv, ready: RegExp, isServer?: boolean, onStart?: (pid: number) => void }} options
   *   `ready`'s first group, if any, is the address; a server is ended when the others are gone
   * @returns {Promise<{ name: string, pid: number, url: string | undefined }>}
   */
  async start(name, args, { env = process.env, ready, isServer = false, onStart }) {
    if (this.#stopping) throw new Error('it is ending');
    // Nothing is written to its stdin: that it closes tells a server's keeper, too, that this process is gone.
    const child = spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'pipe'], detached: GROUPS });
    if (child.pid) {
      onStart?.(child.pid);
      this.#reaper.stdin.write(`${child.pid}\n`);
    }
    child.stdin.on('error', () => {});
    const { promise: isReady, resolve, reject } = Promise.withResolvers();
    const exited = new Promise((done) => child.once('close', (code, signal) => done(signal ?? `code ${code}`)));
    const entry = { name, args, env, ready, onStart, child, exited, isServer, isReplaced: false };
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
      if (entry.isReplaced) return;
      const error = new Error([`${name} ${what}`, ...output.map((line) => `    ${line}`)].join('\n'));
      reject(error);
      if (!this.#stopping) this.#failure.reject(error);
    };
    child.once('error', (error) => fail(`did not start: ${error.message}`));
    exited.then((how) => {
      this.#running.delete(entry);
      if (child.pid) signalGroup(child.pid, 'SIGKILL');
      fail(`ended (${how})`);
    });

    const timer = setTimeout(() => fail(`was not ready within ${START_LIMIT_MS / 1000} s`), START_LIMIT_MS);
    try {
      entry.url = await isReady;
      return { name, pid: child.pid, url: entry.url };
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Ends a process and starts it anew at the same address, perhaps with other variables.
   * @param {string} name
   * @param {{ signal?: NodeJS.Signals, afterMs: number, env?: NodeJS.ProcessEnv }} options without a signal it ends by
   *   itself
   */
  async restart(name, { signal, afterMs, env }) {
    const entry = [...this.#running].find((each) => each.name === name);
    entry.isReplaced = true;
    if (signal) entry.child.kill(signal);
    await entry.exited;
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    if (this.#stopping) return;
    const PORT = entry.url ? new URL(entry.url).port : entry.env.PORT;
    const { args, ready, onStart } = entry;
    await this.start(name, args, { env: { ...entry.env, PORT, ...env }, ready, onStart });
  }

  /** Sends a signal to a process that runs. */
  signal(name, signal) {
    [...this.#running].find((each) => each.name === name)?.child.kill(signal);
  }

  /** Ends all of them, servers last; what does not follow SIGTERM is killed. */
  async stop() {
    this.#stopping = true;
    const running = [...this.#running];
    await Promise.all(running.filter(({ isServer }) => !isServer).map(end));
    await Promise.all(running.filter(({ isServer }) => isServer).map(end));
    this.#reaper.kill('SIGKILL');
    await this.#reaperEnded;
  }
}

async function end({ child, exited }) {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await exited;
  clearTimeout(timer);
}

/** Signals a process and all that it started; signal 0 only asks. Tells whether anybody was there. */
export function signalGroup(pid, signal) {
  try {
    return process.kill(GROUPS ? -pid : pid, signal);
  } catch {
    return false;
  }
}
