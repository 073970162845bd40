import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nameOf, type Destination } from '../destination.ts';
import { Sender } from '../sender.ts';
import { findDead } from './dead-files.ts';
import { ownIdentity } from './process-identity.ts';
import { Recovery, type Recovered } from './recovery.ts';
import { SilentFiles } from './silent-files.ts';
import { assertPrivate } from './spool-directory.ts';

export interface RecoverOptions {
  readonly destinations: readonly Destination[];
  readonly userAgent: string;
  /** Most spans in a request. */
  readonly maxExportBatchSize: number;
  /** Outage after which a backend is given up; ms, default 30,000. */
  readonly timeoutMs?: number | undefined;
  /** Receives a line of JSON for each dead process. */
  readonly report: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly print: (text: string) => void;
}

const TIMEOUT_MS = 30_000;

/**
 * Sends what dead processes left, of one service or all.
 *
 * @throws when the directory cannot be read, or a backend does not answer
 */
export async function recoverSpools(directory: string, options: RecoverOptions): Promise<Recovered> {
  const { destinations, userAgent, maxExportBatchSize, report, warn, print, timeoutMs = TIMEOUT_MS } = options;
  const { promise: gaveUp, reject: giveUp } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const sender = new Sender(
    {
      destinations,
      userAgent,
      maxExportBatchSize,
      lagBytes: Infinity,
      scheduleDelayMs: 0,
      backoffMs: 1_000,
      maxBackoffMs: 5_000,
    },
    false,
    (message) => {
      if (message.type === 'print') print(message.text);
      else if (message.type === 'refused') warn(`${nameOf(destinations[message.destination]!)}: ${message.cause}`);
      else if (message.type === 'done') timer = void clearTimeout(timer) as undefined;
      else if (message.type === 'unreachable') {
        const backend = nameOf(destinations[message.destination]!);
        timer ??= setTimeout(() => giveUp(new Error(`${backend} cannot be reached (${message.cause})`)), timeoutMs);
      }
    },
  );
  const all: Recovered = { processes: 0, spans: 0, deaths: 0 };
  const run = async (): Promise<void> => {
    for (const each of directoriesIn(directory)) {
      const recovery = new Recovery(each, {
        own: ownIdentity(),
        now: Date.now,
        send: (batch) => sender.send(batch),
        report,
        failed: ({ message }) => warn(`a spool could not be read: ${message}`),
        pause: async () => {},
      });
      const { processes, spans, deaths } = await recovery.run();
      all.processes += processes;
      all.spans += spans;
      all.deaths += deaths;
    }
  };
  try {
    await Promise.race([run(), gaveUp]);
  } finally {
    clearTimeout(timer);
  }
  return all;
}

/** How many dead processes have left something, of all services; 0 if the directory cannot be read. */
export function deadProcesses(directory: string): number {
  try {
    const own = ownIdentity();
    const isSilent = new SilentFiles().look(Date.now());
    return directoriesIn(directory).reduce((sum, each) => sum + findDead(each, own, isSilent).length, 0);
  } catch {
    return 0;
  }
}

/** Only those private to this user. */
function directoriesIn(directory: string): string[] {
  const below = readdirSync(directory)
    .map((name) => join(directory, name))
    .filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory());
  return [directory, ...below].filter((path) => {
    try {
      assertPrivate(path);
      return true;
    } catch {
      return false;
    }
  });
}
