import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyse, buildAnswer, readSources, terminal, type Answer } from '@foreshock/explain';
import { asLines, asPlainSpans, recordedSpans } from './recorded-spans.ts';

interface Place {
  service: string | null;
  resource: string | null;
}

/** `truth.json` of a run, as the demo writes it. */
export interface Truth extends Place {
  fault: string;
  /** null: nothing was wrong. */
  kind: string | null;
  /** What is as right. */
  also: Place[];
  from: string;
  to: string;
  affected: { service: string; route: string }[];
  rate: number;
  seed: number;
}

/** One run, and what was said of it. */
export interface ScoredRun {
  folder: string;
  truth: Truth;
  answer: Answer;
  /** Place of the truth among the causes, from 1; Infinity if it is not named. */
  rank: number;
  isKindRight: boolean;
  isPathReachable: boolean;
  /** Of a first cause that is right. */
  onsetErrorS: number | undefined;
  lines: number;
  bytes: number;
  seconds: number;
}

/**
 * Scores the runs in a folder, one folder a run with `spans.otlp.jsonl` and `truth.json`.
 *
 * @param isPlain with the attributes of Foreshock taken out
 */
export async function scoreOwnRuns(folder: string, isPlain: boolean): Promise<ScoredRun[]> {
  const names = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  const folders = names.map((name) => join(folder, name)).filter((each) => existsSync(join(each, 'truth.json')));
  const scored: ScoredRun[] = [];
  for (const each of folders) scored.push(await scoreRun(each, isPlain));
  return scored;
}

async function scoreRun(folder: string, isPlain: boolean): Promise<ScoredRun> {
  const truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as Truth;
  const recorded = recordedSpans(join(folder, 'spans.otlp.jsonl'));
  const lines = asLines(isPlain ? asPlainSpans(recorded) : recorded);
  const from = performance.now();
  const { table } = await readSources(['-'], lines);
  const answer = buildAnswer(analyse(table, {}));
  const seconds = (performance.now() - from) / 1_000;
  const rank = answer.causes.findIndex((cause) => isAt(truth, cause)) + 1 || Infinity;
  const [first] = answer.causes;
  return {
    folder,
    truth,
    answer,
    rank,
    isKindRight: first?.kind === truth.kind,
    isPathReachable: isReachable(truth, answer),
    onsetErrorS:
      rank === 1 && first?.onset ? Math.abs(Date.parse(first.onset.at) - Date.parse(truth.from)) / 1_000 : undefined,
    lines: terminal(answer, { width: 100, color: false }).trimEnd().split('\n').length,
    bytes: JSON.stringify(answer).length,
    seconds,
  };
}

/** Whether a cause is named where the truth is. */
export function isAt(truth: Truth, named: { service: string; resource?: string | null }): boolean {
  return [truth, ...truth.also].some(
    ({ service, resource }) => service === named.service && isResource(resource, named.resource ?? null),
  );
}

/** A name may say more than the truth does: `redis prices:*`, `pool orders (5)`. */
function isResource(truth: string | null, named: string | null): boolean {
  if (truth === null) return true;
  return named !== null && (named === truth || named.startsWith(`${truth} `));
}

/** Whether the printed arcs lead from the true cause to a route that it affected. */
function isReachable(truth: Truth, { path, impact }: Answer): boolean {
  const affected = new Set(truth.affected.map(({ service }) => service));
  const suffered = new Set(impact.map(({ service }) => service).filter((service) => affected.has(service)));
  const reached = new Set(path.filter(({ from }) => isAt(truth, from)).map(({ to }) => to.service));
  if (path.some(({ from }) => isAt(truth, from) && suffered.has(from.service))) return true;
  for (const service of reached) {
    if (suffered.has(service)) return true;
    for (const { from, to } of path) if (from.service === service) reached.add(to.service);
  }
  return false;
}

/** Says a run in a line. */
export function lineOfRun({ truth, answer, rank, isKindRight, isPathReachable, onsetErrorS }: ScoredRun): string {
  const causes = answer.causes
    .slice(0, 2)
    .map(({ service, resource, kind }) => `${kind} ${service}${resource ? ` ${resource}` : ''}`);
  const marks = [
    `rank ${rank === Infinity ? '-' : rank}`,
    isKindRight ? 'kind' : '    ',
    isPathReachable ? 'path' : '    ',
    (onsetErrorS === undefined ? '' : `${onsetErrorS.toFixed(1)} s`).padStart(6),
  ];
  return `  ${`${truth.fault} ${truth.rate}/s #${truth.seed}`.padEnd(32)} ${answer.verdict.padEnd(8)} ${marks.join(' ')}  ${causes.join('; ')}`;
}

/** Says all runs in two lines. */
export function sumOfRuns(name: string, all: readonly ScoredRun[]): string {
  const faults = all.filter(({ truth }) => truth.kind !== null);
  const healthy = all.filter(({ truth }) => truth.kind === null);
  const share = (some: readonly ScoredRun[], is: (run: ScoredRun) => boolean): string =>
    some.length === 0 ? '-' : (some.filter(is).length / some.length).toFixed(2);
  const isAnswered = ({ answer }: ScoredRun): boolean => answer.verdict === 'shown' || answer.verdict === 'likely';
  const answered = faults.filter(isAnswered);
  const onsets = faults.flatMap(({ onsetErrorS }) => onsetErrorS ?? []).toSorted((a, b) => a - b);
  const median = onsets[Math.floor(onsets.length / 2)];
  const worst = (of: (run: ScoredRun) => number): number => Math.max(0, ...all.map(of));
  return (
    `${name}: ${faults.length} faults  AC@1 ${share(faults, ({ rank }) => rank <= 1)}  AC@3 ${share(faults, ({ rank }) => rank <= 3)}  ` +
    `kind ${share(faults, (run) => run.isKindRight)}  path ${share(faults, (run) => run.isPathReachable)}  ` +
    `coverage ${share(faults, isAnswered)}  precision ${share(answered, ({ rank }) => rank <= 1)}  ` +
    `onset error, median ${median === undefined ? '-' : `${median.toFixed(1)} s`}\n` +
    `${' '.repeat(name.length)}  ${healthy.length} healthy, ${healthy.filter(isAnswered).length} false causes  ` +
    `at most ${worst(({ lines }) => lines)} lines, ${worst(({ bytes }) => bytes)} bytes, ${worst(({ seconds }) => seconds).toFixed(1)} s`
  );
}
