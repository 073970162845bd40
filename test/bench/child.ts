import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A process of the benchmark that answers questions over its channel. */
export class Child {
  readonly process: ChildProcess;
  /** How it ended; never rejects. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** The first message that answers no question: the app listens. */
  readonly announced: Promise<any>;
  readonly #asked = new Map<number, { resolve: (value: any) => void; reject: (error: Error) => void }>();
  #id = 0;
  #errors = '';

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.process = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4_000);
    });
    this.exited = new Promise((resolve) =>
      this.process.once('exit', (code, signal) => {
        for (const { reject } of this.#asked.values()) reject(this.#ended(code, signal));
        resolve({ code, signal });
      }),
    );
    this.announced = new Promise((resolve, reject) => {
      this.process.once('error', reject).once('exit', (code, signal) => reject(this.#ended(code, signal)));
      this.process.on('message', (message: { id?: number; value?: unknown; error?: string }) => {
        const asked = message.id === undefined ? undefined : this.#asked.get(message.id);
        if (!asked) return resolve(message);
        this.#asked.delete(message.id!);
        if (message.error === undefined) asked.resolve(message.value);
        else asked.reject(new Error(message.error));
      });
    });
    // Nobody waits for it where the process only answers.
    this.announced.catch(() => {});
  }

  /** What it wrote to standard error, the last 4,000 characters. */
  get errors(): string {
    return this.#errors;
  }

  ask<T>(ask: string, details?: unknown): Promise<T> {
    const id = ++this.#id;
    return new Promise<T>((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.process.send({ id, ask, details }, (error) => error && reject(error));
    });
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): Error {
    return new Error(`${this.process.spawnargs.join(' ')} ended with ${signal ?? code}\n${this.#errors}`);
  }
}

/** Starts one of `processes/`, on the benchmark's own processors. */
export function startProcess(name: 'sink' | 'load' | 'stock'): Child {
  const file = fileURLToPath(new URL(`./processes/${name}.ts`, import.meta.url));
  return new Child(process.execPath, [file], { ...process.env, NODE_OPTIONS: '' });
}
