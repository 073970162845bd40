import { subscribe } from 'node:diagnostics_channel';
import { getEnvironmentData, setEnvironmentData, threadId, type Worker } from 'node:worker_threads';
import { guard } from '@foreshock/kit';

const KEY = 'foreshock.worker-places';
/** Threads at a time. */
const MAX_WORKERS = 64;
const FREE = 0;

/**
 * Numbers from 1 for worker threads, given again when a thread has ended: metrics by thread IDs would grow without end.
 */
export class WorkerPlaces {
  /** Thread IDs, by place. */
  readonly #threads: Int32Array;
  /** This thread's. */
  readonly #started = new Map<Worker, number>();

  private constructor(threads: Int32Array) {
    this.#threads = threads;
    // Docs of Node's diagnostics_channel, "Worker Thread".
    subscribe('worker_threads', (message) =>
      guard('a worker thread', () => {
        this.#freeEnded();
        const { worker } = message as { worker: Worker };
        this.#started.set(worker, worker.threadId);
      }),
    );
  }

  /** In the process's first thread. */
  static share(): WorkerPlaces {
    const threads = new Int32Array(new SharedArrayBuffer(4 * MAX_WORKERS));
    setEnvironmentData(KEY, threads as never);
    return new WorkerPlaces(threads);
  }

  /** @returns undefined where the first thread has none */
  static shared(): WorkerPlaces | undefined {
    const threads = getEnvironmentData(KEY) as unknown as Int32Array | undefined;
    return threads && new WorkerPlaces(threads);
  }

  /** @returns undefined: all are taken */
  take(): number | undefined {
    const threads = this.#threads;
    for (let i = 0; i < MAX_WORKERS; i++) {
      if (Atomics.compareExchange(threads, i, FREE, threadId) === FREE) return i + 1;
    }
    return undefined;
  }

  get taken(): number {
    this.#freeEnded();
    return this.#threads.reduce((count, thread) => (thread === FREE ? count : count + 1), 0);
  }

  #freeEnded(): void {
    for (const [worker, id] of this.#started) {
      // `threadId` is -1 once it has ended (lib/internal/worker.js).
      if (worker.threadId === id) continue;
      this.#started.delete(worker);
      const place = this.#threads.indexOf(id);
      if (place >= 0) Atomics.compareExchange(this.#threads, place, id, FREE);
    }
  }
}
