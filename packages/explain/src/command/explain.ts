import { parseArgs } from 'node:util';
import { analyse } from '../analyse.ts';
import { buildAnswer } from '../report/build.ts';
import { printable } from '../report/printable.ts';
import { terminal } from '../report/terminal.ts';
import { readSources } from '../sources/read-sources.ts';
import { UnreadableSource } from '../sources/unreadable.ts';
import type { Io } from './io.ts';
import { parseTime } from './time.ts';

/** Exit statuses: 0 answered or healthy, 3 unclear, 2 could not read. */
const ANSWERED = 0;
const COULD_NOT_READ = 2;
const UNCLEAR = 3;

const USAGE = `foreshock explain [SOURCE…] [--from T --to T | --around T] [--json]

SOURCE  a file or folder of OTLP (JSON lines or protobuf, gzipped or not), or of Zipkin's or Jaeger's JSON; - for standard input
T       2026-11-29T20:34:45Z, 20:34 or 20:34:45 (UTC, the day of the input's end), or milliseconds since 1970
`;

/** \`foreshock explain\`. */
export async function explain(args: string[], io: Io): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        around: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    io.stderr(`foreshock explain: ${(error as Error).message.split('\n')[0]}\n${USAGE}`);
    return COULD_NOT_READ;
  }
  const { values, positionals } = parsed;
  if (values.help || positionals.length === 0) {
    io.stderr(USAGE);
    return values.help ? ANSWERED : COULD_NOT_READ;
  }
  try {
    const { table, notes } = await readSources(positionals, io.stdin);
    let last = 0;
    for (let row = 0; row < table.size; row++) last = Math.max(last, table.end[row]!);
    const at = (text: string | undefined): number | undefined =>
      text === undefined ? undefined : parseTime(text, last);
    const [from, to, around] = [at(values.from), at(values.to), at(values.around)];
    const answer = buildAnswer(
      analyse(table, {
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...(around === undefined ? {} : { around }),
      }),
    );
    answer.coverage.blindSpots.push(...notes.slice(0, 5));
    io.stdout(values.json ? `${JSON.stringify(answer, null, 1)}\n` : terminal(answer, io));
    return answer.verdict === 'unclear' ? UNCLEAR : ANSWERED;
  } catch (error) {
    if (!(error instanceof UnreadableSource)) throw error;
    io.stderr(`foreshock explain: ${printable(error.message)}\n`);
    return COULD_NOT_READ;
  }
}
