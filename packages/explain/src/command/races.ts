import { parseArgs } from 'node:util';
import { printable } from '../report/printable.ts';
import { racesAnswer } from '../races/answer.ts';
import { findRaces } from '../races/find.ts';
import { racesTerminal } from '../races/terminal.ts';
import { UnreadableSource } from '../sources/unreadable.ts';
import type { Io } from './io.ts';
import { latestOf } from './latest.ts';
import { readNamed } from './read-named.ts';
import { parseLength } from './time.ts';

/** Exit statuses. */
const NONE = 0;
const FOUND = 1;
const COULD_NOT_READ = 2;
const NOTHING_TO_COMPARE = 3;

const USAGE = `foreshock races [SOURCE…] [--last 15m] [--json]

says where calls of different requests to one cache key, row or message conflict: lost updates, check then act, messages
handled twice, stale cache reads. The services run with FORESHOCK_KEY_HASH=SALT, the same for all of them.

SOURCE  as for \`foreshock explain\`
--last  only what began so long before the end of the input; of a Jaeger or Zipkin, 30 minutes unless said

It ends with 0 if none was seen, with 1 if one was, with 2 if it could not read, with 3 if there was nothing to compare.
`;

const HALF_AN_HOUR_MS = 1_800_000;

const OPTIONS = {
  last: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export async function races(args: string[], io: Io): Promise<number> {
  try {
    const { values, positionals } = parsed(args);
    if (values.help) {
      io.stdout(USAGE);
      return NONE;
    }
    const lastMs = values.last === undefined ? undefined : parseLength(values.last);
    const now = Date.now();
    const range = { from: now - (lastMs ?? HALF_AN_HOUR_MS), to: now };
    const { table, notes } = await readNamed('races', positionals, io.stdin, range, (line) => io.stderr(line));
    const found = findRaces(table);
    const answer = racesAnswer(found, lastMs === undefined ? 0 : latestOf(table) - lastMs, notes.slice(0, 5));
    io.stdout(values.json ? `${JSON.stringify(answer)}\n` : racesTerminal(answer, io));
    if (answer.findings.length > 0) return FOUND;
    const { cacheKeys, rows, messages } = answer.compared;
    return cacheKeys + rows + messages === 0 ? NOTHING_TO_COMPARE : NONE;
  } catch (error) {
    if (!(error instanceof UnreadableSource)) throw error;
    io.stderr(`foreshock races: ${printable(error.message)}\n`);
    return COULD_NOT_READ;
  }
}

function parsed(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw new UnreadableSource((error as Error).message.split('\n')[0]!);
  }
}
