import { type Transferable, Worker } from 'node:worker_threads';
import { Calls } from './calls.ts';
import type { Methods } from './serve.ts';

export class Thread<M extends Methods> extends Calls<M> {
  readonly #worker: Worker;
  /** With the thread's end. */
  readonly ended: Promise<never>;

  constructor(file: URL, workerData: unknown, transferList: Transferable[] = []) {
    // Node 22 warns of node:sqlite.
    const execArgv = [...process.execArgv, '--disable-warning=ExperimentalWarning'];
    const worker = new Worker(file, { workerData, transferList, execArgv });
    super(worker);
    this.#worker = worker;
    const { promise, reject } = Promise.withResolvers<never>();
    this.ended = promise;
    promise.catch((error: Error) => this.fail(error));
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('a thread has ended')));
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Compiled or not, like the caller. */
export function threadFile(caller: string, name: string): URL {
  return new URL(`${name}${caller.endsWith('.ts') ? '.ts' : '.js'}`, caller);
}
