import { analyse, type Asked } from '../analyse.ts';
import type { Answer } from '../report/answer.ts';
import { buildAnswer } from '../report/build.ts';
import { printable } from '../report/printable.ts';
import type { TimeRange } from '../sources/time-range.ts';
import { UnreadableSource } from '../sources/unreadable.ts';
import { type ExplainArguments, readArguments } from './arguments.ts';
import { checkNames, failsOn } from './fail-on.ts';
import type { Io } from './io.ts';
import { latestOf } from './latest.ts';
import { printed } from './printed.ts';
import { readNamed } from './read-named.ts';
import { parseTime } from './time.ts';
import { watch } from './watch.ts';

/** Exit statuses. 1 is for `--fail-on`. */
const ANSWERED = 0;
const FAILED_ON = 1;
const COULD_NOT_READ = 2;
const UNCLEAR = 3;

const USAGE = `foreshock explain [SOURCE…] [--last 15m | --from T --to T | --around T | --before T..T --after T..T]
                  [--service S] [--route R] [--json | --md] [--fail-on NAME,… | --watch]

SOURCE     a Jaeger (http://host:16686), Zipkin (http://host:9411) or foreshock view (http://127.0.0.1:4318); its store; a file
           or folder of OTLP (JSON lines or protobuf), Zipkin's or Jaeger's JSON, gzipped or not; - for standard input;
           none: the foreshock view on this machine, else the Jaeger
T          2026-11-29T20:34:45Z; 20:34 or 20:34:45 (UTC, of the input's last day); seconds or milliseconds since 1970
--fail-on  ends with 1 if the first cause is of this kind, or for: cycles, retries (without jitter), unclear, any
--watch    answers again when the answer changes, until Ctrl-C
`;

const BASELINE_MS = 1_800_000;
const HALF_AN_HOUR_MS = 1_800_000;

export async function explain(args: string[], io: Io): Promise<number> {
  try {
    const asked = readArguments(args);
    checkNames(asked.failOn);
    if (asked.help) {
      io.stdout(USAGE);
      return ANSWERED;
    }
    const notice = withoutRepeats((line) => io.stderr(line));
    const answerNow = (): Promise<Answer> => answerTo(asked, io, notice);
    if (asked.watch) return await watch(asked.sources, answerNow, asked.form, io);
    const answer = await answerNow();
    io.stdout(printed(answer, asked.form, io));
    const failed = failsOn(asked.failOn, answer);
    if (failed !== undefined) {
      io.stderr(`foreshock explain: --fail-on ${failed}\n`);
      return FAILED_ON;
    }
    return answer.verdict === 'unclear' ? UNCLEAR : ANSWERED;
  } catch (error) {
    if (!(error instanceof UnreadableSource)) throw error;
    io.stderr(`foreshock explain: ${printable(error.message)}\n`);
    return COULD_NOT_READ;
  }
}

type Notice = (line: string) => void;

/** `--watch` reads again and again. */
function withoutRepeats(write: Notice): Notice {
  let last = '';
  return (line) => {
    if (line !== last) write(line);
    last = line;
  };
}

async function answerTo(asked: ExplainArguments, io: Io, notice: Notice): Promise<Answer> {
  const range = rangeOf(asked, Date.now());
  const { table, notes } = await readNamed('explain', asked.sources, io.stdin, range, notice);
  const answer = buildAnswer(analyse(table, windowOf(asked, latestOf(table))), asked.before !== undefined);
  answer.coverage.blindSpots.push(...notes.slice(0, 5));
  return answer;
}

function rangeOf({ from, to, around, before, after, lastMs }: ExplainArguments, now: number): TimeRange {
  if (before && after) {
    const times = [...before, ...after].map((time) => parseTime(time, now));
    return { from: Math.min(...times), to: Math.max(...times) };
  }
  const end = to === undefined ? now : parseTime(to, now);
  if (around !== undefined) {
    const at = parseTime(around, now);
    return { from: at - HALF_AN_HOUR_MS, to: Math.min(now, at + HALF_AN_HOUR_MS) };
  }
  if (from !== undefined) return { from: parseTime(from, now) - BASELINE_MS, to: end };
  return { from: end - (lastMs ?? HALF_AN_HOUR_MS), to: end };
}

function windowOf(asked: ExplainArguments, latest: number): Asked {
  const at = (text: string): number => parseTime(text, latest);
  const rest = {
    ...(asked.service === undefined ? {} : { service: asked.service }),
    ...(asked.route === undefined ? {} : { route: asked.route }),
    ...(asked.lastMs === undefined ? {} : { since: latest - asked.lastMs }),
  };
  if (asked.before && asked.after) {
    const [from, to] = asked.after;
    return { ...rest, before: { from: at(asked.before[0]), to: at(asked.before[1]) }, from: at(from), to: at(to) };
  }
  return {
    ...rest,
    ...(asked.from === undefined ? {} : { from: at(asked.from) }),
    ...(asked.to === undefined ? {} : { to: at(asked.to) }),
    ...(asked.around === undefined ? {} : { around: at(asked.around) }),
  };
}
