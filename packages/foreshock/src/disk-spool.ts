import type { Attributes } from '@opentelemetry/api';
import { defaultSpoolDirectory, makeSpoolMemory, type Destination, type DiskSpoolOptions } from '@foreshock/export';
import { readSpoolDirectory } from './destinations.ts';
import type { Env } from './env.ts';
import { KnownDeath } from './known-death.ts';
import { OpenSpanWatch } from './open-span-watch.ts';

/** What the process leaves for the next one of its service when it is killed. Of the main thread. */
export interface DiskSpool {
  readonly options: DiskSpoolOptions;
  /** These two only where the end of the process may be put off: else it cannot say that it ends. */
  readonly openSpans?: OpenSpanWatch;
  readonly death?: KnownDeath;
}

/**
 * @param saysEnd whether `end` is called before the process ends
 * @returns undefined when nothing is to be left
 */
export function makeDiskSpool(
  env: Env,
  destinations: readonly Destination[],
  resource: Attributes,
  saysEnd: boolean,
  end: () => void,
): DiskSpool | undefined {
  const directory = readSpoolDirectory(env, defaultSpoolDirectory);
  // A line that another process prints later is of no use.
  if (directory === undefined || destinations.every(({ kind }) => kind === 'console')) return undefined;
  const service = String(resource['service.name']);
  // Programs without a name have it in common: what tells them apart is what they run.
  const key = service.startsWith('unknown_service') ? `${service} ${process.argv[1] ?? ''}` : service;
  const memory = makeSpoolMemory();
  const options = { directory, key, memory, startedAt: performance.timeOrigin, saysEnd };
  return saysEnd ? { options, openSpans: new OpenSpanWatch(memory), death: new KnownDeath(end) } : { options };
}
