import type { Attributes } from '@opentelemetry/api';
import {
  HeapProfile,
  defaultSpoolDirectory,
  makeSpoolMemory,
  noteEndRequest,
  type DiskSpoolOptions,
} from '@foreshock/export';
import type { Config } from './config.ts';
import { readSpoolDirectory } from './destinations.ts';
import type { Env } from './env.ts';
import { KnownDeath } from './known-death.ts';
import { OpenSpanWatch } from './open-span-watch.ts';

/** Main thread: what a killed process leaves to its service's next. */
export interface DiskSpool {
  readonly options: DiskSpoolOptions;
  /** The application's listeners get it. */
  signalReceived(signal: number): void;
  /** Only if the end can be delayed: else a normal end is not recorded. */
  readonly openSpans?: OpenSpanWatch;
  readonly death?: KnownDeath;
}

/**
 * @param saysEnd calls `end` at process end
 * @param gcMs since the start
 * @returns undefined if disabled
 */
export function makeDiskSpool(
  env: Env,
  config: Pick<Config, 'destinations' | 'heapProfile'>,
  resource: Attributes,
  saysEnd: boolean,
  end: () => void,
  gcMs: () => number,
): DiskSpool | undefined {
  const directory = readSpoolDirectory(env, defaultSpoolDirectory);
  // Late console output is useless.
  if (directory === undefined || config.destinations.every(({ kind }) => kind === 'console')) return undefined;
  const service = String(resource['service.name']);
  // The script distinguishes unnamed services.
  const key = service.startsWith('unknown_service') ? `${service} ${process.argv[1] ?? ''}` : service;
  const memory = makeSpoolMemory();
  const startedAt = performance.timeOrigin;
  const profile = config.heapProfile ? new HeapProfile(directory, key, startedAt) : undefined;
  const options = { directory, key, memory, startedAt, saysEnd };
  return {
    options,
    signalReceived: (signal) => noteEndRequest(memory, signal),
    ...(saysEnd && { openSpans: new OpenSpanWatch(memory, gcMs, profile), death: new KnownDeath(end) }),
  };
}
