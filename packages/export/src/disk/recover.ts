import { existsSync } from 'node:fs';
import { nameOf, type Destination } from '../destination.ts';
import { Sender } from '../sender.ts';
import { findDead } from './dead-files.ts';
import { ownIdentity } from './process-identity.ts';
import { Recovery, type Recovered } from './recovery.ts';
import { SilentFiles } from './silent-files.ts';
import { privateDirectories } from './spool-directory.ts';

export { serviceDirectory } from './spool-directory.ts';

export interface RecoverOptions {
  readonly destinations: readonly Destination[];
  readonly userAgent: string;
  /** Per request. */
  readonly maxExportBatchSize: number;
  /** Gets a JSON line for each dead process once delivered. */
  readonly report: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly print: (text: string) => void;
}

/**
 * Sends what dead processes left.
 *
 * @throws if the directory is unreadable, or at the first unanswered request
 */
export async function recoverSpools(directory: string, options: RecoverOptions): Promise<Recovered> {
  const { destinations, userAgent, maxExportBatchSize, report, warn, print } = options;
  const { promise: gaveUp, reject: giveUp } = Promise.withResolvers<never>();
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
      else if (message.type === 'unwanted') {
        const what = message.signal === 'logs' ? 'log record' : 'span';
        warn(`${message.items} ${what}${message.items === 1 ? '' : 's'} dropped: no exporter takes them`);
      } else if (message.type === 'unreachable') {
        giveUp(new Error(`${nameOf(destinations[message.destination]!)} cannot be reached (${message.cause})`));
      }
    },
  );
  const all: Recovered = { processes: 0, spans: 0, deaths: 0 };
  const run = async (): Promise<void> => {
    for (const each of privateDirectories(directory)) {
      const recovery = new Recovery(each, {
        own: ownIdentity(),
        now: Date.now,
        atDisk: (run) => run(),
        send: (batch, isLeft) => sender.send(batch, isLeft),
        report,
        reportsDelivered: true,
        failed: ({ message }) => warn(`a spool could not be read: ${message}`),
        pause: async () => {},
      });
      const { processes, spans, deaths } = await recovery.run();
      all.processes += processes;
      all.spans += spans;
      all.deaths += deaths;
    }
  };
  await Promise.race([run(), gaveUp]);
  return all;
}

/** What is left of dead processes. */
export interface Left {
  readonly service: string;
  readonly directory: string;
  readonly processes: number;
  /** The first file's start, ms since 1970. */
  readonly since: number;
}

/** By service; none if unreadable. */
export function whatIsLeft(base: string): Left[] {
  const own = ownIdentity();
  return (existsSync(base) ? privateDirectories(base) : []).flatMap((directory) => {
    const dead = findDead(directory, own, new SilentFiles().look(Date.now()));
    const first = dead[0]?.files[0]?.header;
    return first ? [{ service: first.service, directory, processes: dead.length, since: first.at }] : [];
  });
}
