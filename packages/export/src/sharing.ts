import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { guard } from '@foreshock/kit';
import type { ProcessMemory } from './process-memory.ts';

/** Ends in the version of the memory's layout. */
const KEY = 'foreshock.export.1';

let isStartingSender = false;

/** Memory from a parent thread's sender; undefined in the thread with the sender. */
export function sharedMemory(): ProcessMemory | undefined {
  const shared = getEnvironmentData(KEY) as unknown as { memory?: ProcessMemory } | undefined;
  return shared?.memory;
}

/**
 * For workers started from here on.
 *
 * @param memory called with the first worker: most processes have none
 */
export function shareWithWorkers(memory: () => ProcessMemory): void {
  const shared = {
    // Called for each new worker, when Node copies the environment data (lib/internal/worker.js, `new Worker`).
    get memory(): ProcessMemory | undefined {
      return isStartingSender ? undefined : guard('sharing the sender', memory);
    },
  };
  setEnvironmentData(KEY, shared as never);
}

/** Our own thread must not share. */
export function startUnshared<T>(start: () => T): T {
  isStartingSender = true;
  try {
    return start();
  } finally {
    isStartingSender = false;
  }
}
