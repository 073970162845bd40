import { subscribe } from 'node:diagnostics_channel';
import { getEnvironmentData, setEnvironmentData, threadId, type Worker } from 'node:worker_threads';
import { guard } from '@foreshock/kit';

const KEY = 'foreshock.worker-places';
/** A thread's, for those that it starts. */
const PARENT = 'foreshock.worker-parent';
/** Threads at a time. */
const MAX_WORKERS = 64;
const FREE = 0;

/**
 * Numbers from 1 for worker threads, given again when a thread has ended: metrics by thread IDs would grow without end.
 */
export class WorkerPlaces {
  /** Thread IDs, by place. */
  readonly #threads: Int32Array;
  /** IDs of those that started them: they end together. */
  readonly #parents: Int32Array;
  /** Of this thread. */
  readonly #parent = Number(getEnvironmentData(PARENT) ?? 0);
  /** This thread's. */
  readonly #started = new Map<Worker, number>();

  private constructor(places: Int32Array) {
    this.#threads = places.subarray(0, MAX_WORKERS);
    this.#parents = places.subarray(MAX_WORKERS);
    setEnvironmentData(PARENT, threadId as never);
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
    const places = new Int32Array(new SharedArrayBuffer(4 * 2 * MAX_WORKERS));
    setEnvironmentData(KEY, places as never);
    return new WorkerPlaces(places);
  }

  /** @returns undefined where the first thread has none */
  static shared(): WorkerPlaces | undefined {
    const places = getEnvironmentData(KEY) as unknown as Int32Array | undefined;
    return places && new WorkerPlaces(places);
  }

  /** @returns undefined: all are taken */
  take(): number | undefined {
    const threads = this.#threads;
    for (let i = 0; i < MAX_WORKERS; i++) {
      if (Atomics.compareExchange(threads, i, FREE, threadId) !== FREE) continue;
      Atomics.store(this.#parents, i, this.#parent);
      return i + 1;
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
      this.#free(id);
    }
  }

  /** Also those that it has started. */
  #free(id: number): void {
    const place = this.#threads.indexOf(id);
    if (place >= 0) Atomics.compareExchange(this.#threads, place, id, FREE);
    for (const [i, child] of this.#threads.entries()) {
      if (child !== FREE && this.#parents[i] === id) this.#free(child);
    }
  }
}
