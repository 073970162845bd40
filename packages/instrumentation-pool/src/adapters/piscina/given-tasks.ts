import type { PoolSource, PoolState } from '../../events.ts';
import { poolName } from './threads.ts';

/** `piscina/dist/index.js` */
export interface Piscina {
  options: {
    filename?: string | null;
    maxThreads: number;
    maxQueue: number;
    concurrentTasksPerWorker?: number;
    taskQueue: object;
  };
  threads: readonly unknown[];
  queueSize: number;
  completed: number;
}

/** One instrumentation's tasks by pool: two would count them twice. */
export class GivenTasks implements PoolSource {
  readonly ofTasks = true;
  /** Running or queued, minus `completed`. */
  readonly #given = new WeakMap<object, number>();

  add(pool: Piscina): void {
    this.#given.set(pool, (this.#given.get(pool) ?? pool.completed + pool.queueSize) + 1);
  }

  /** It will never complete. */
  takeBack(pool: Piscina): void {
    this.#given.set(pool, this.#given.get(pool)! - 1);
  }

  describe({ options: { filename } }: any): { name: string } {
    return { name: poolName(filename) };
  }

  count(pool: object, state: PoolState): void {
    const { options, queueSize, completed } = pool as Piscina;
    state.limit = options.maxThreads * (options.concurrentTasksPerWorker ?? 1);
    state.used = Math.min(state.limit, Math.max(0, (this.#given.get(pool) ?? 0) - completed - queueSize));
    state.idle = state.limit - state.used;
    state.pending = queueSize;
  }

  isEnded(): boolean {
    return false;
  }
}
