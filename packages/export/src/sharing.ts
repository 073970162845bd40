import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { guard } from '@foreshock/kit';
import type { ProcessMemory } from './process-memory.ts';

/** Ends in the version of the memory's layout: a worker that loads another version of this package goes alone. */
const KEY = 'foreshock.export.1';

let isStartingSender = false;

/** What a thread that has a sender shares with the workers it starts, and these with theirs; undefined in the thread itself. */
export function sharedMemory(): ProcessMemory | undefined {
  const shared = getEnvironmentData(KEY) as unknown as { memory?: ProcessMemory } | undefined;
  return shared?.memory;
}

/**
 * Gives memory to all workers that are started from here on.
 *
 * @param memory called with the first of them: most processes have none
 */
export function shareWithWorkers(memory: () => ProcessMemory): void {
  const shared = {
    // Node copies the environment data for each new worker (lib/internal/worker.js, `new Worker`), and so reads this.
    get memory(): ProcessMemory | undefined {
      return isStartingSender ? undefined : guard('sharing the sender', memory);
    },
  };
  setEnvironmentData(KEY, shared as never);
}

/** Starts our own thread, which is no worker of the application. */
export function startUnshared<T>(start: () => T): T {
  isStartingSender = true;
  try {
    return start();
  } finally {
    isStartingSender = false;
  }
}
