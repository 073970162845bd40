import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { guard } from '@foreshock/kit';
import type { ProcessMemory } from './process-memory.ts';

/** With the memory layout's version. */
const KEY = 'foreshock.export.1';

let isStartingSender = false;

/** From a parent thread's sender; undefined in the sender's own thread. */
export function sharedMemory(): ProcessMemory | undefined {
  const shared = getEnvironmentData(KEY) as unknown as { memory?: ProcessMemory } | undefined;
  return shared?.memory;
}

/**
 * For workers started from here on.
 *
 * @param memory called with the first worker
 */
export function shareWithWorkers(memory: () => ProcessMemory): void {
  const shared = {
    // Node copies the environment data for each new worker (lib/internal/worker.js, `new Worker`).
    get memory(): ProcessMemory | undefined {
      return isStartingSender ? undefined : guard('sharing the sender', memory);
    },
  };
  setEnvironmentData(KEY, shared as never);
}

/** Our own must not share. */
export function startUnshared<T>(start: () => T): T {
  isStartingSender = true;
  try {
    return start();
  } finally {
    isStartingSender = false;
  }
}
