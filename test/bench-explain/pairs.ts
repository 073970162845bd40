import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyse, buildAnswer, readSources, type Answer } from '@foreshock/explain';
import { isAt, type Truth } from './own-runs.ts';
import { asLines, recordedSpans, type OtlpRequest } from './recorded-spans.ts';

/** How much later the second fault begins, in milliseconds. */
const APART_MS = [600, 1_000, 2_000, 4_000];
const OTHER = 'other-';

/** Two recorded faults in one input, the second in services of other names and so much later. */
export interface ScoredPair {
  faults: [string, string];
  apartMs: number;
  /** Undefined: not both are among the causes, with an onset. */
  said: 'right' | 'together' | 'wrong' | undefined;
}

/** Each run in a folder with the next one. */
export async function scorePairs(folder: string): Promise<ScoredPair[]> {
  const names = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  const runs = names.map((name) => join(folder, name)).filter((each) => existsSync(join(each, 'truth.json')));
  const faults = runs.filter((each) => truthOf(each).kind !== null);
  const scored: ScoredPair[] = [];
  for (const [i, first] of faults.entries())
    scored.push(await scorePair(first, faults[(i + 1) % faults.length]!, APART_MS[i % APART_MS.length]!));
  return scored;
}

/** Says all pairs in a line. */
export function sumOfPairs(pairs: readonly ScoredPair[]): string {
  const of = (said: ScoredPair['said']): number => pairs.filter((each) => each.said === said).length;
  const named = pairs.length - of(undefined);
  return (
    `pairs of faults ${APART_MS[0]} ms to ${APART_MS.at(-1)! / 1_000} s apart: ${pairs.length}, both named ${named}; ` +
    `order right ${of('right')}, together ${of('together')}, wrong ${of('wrong')}`
  );
}

async function scorePair(first: string, second: string, apartMs: number): Promise<ScoredPair> {
  const [truth, later] = [truthOf(first), truthOf(second)];
  const shiftMs = Date.parse(truth.from) + apartMs - Date.parse(later.from);
  const spans = [...recordedSpans(join(first, 'spans.otlp.jsonl')), ...elsewhere(second, shiftMs)];
  const { table } = await readSources(['-'], asLines(spans));
  const answer = buildAnswer(analyse(table, {}));
  const faults: [string, string] = [truth.fault, later.fault];
  return { faults, apartMs, said: orderOf(onsetOf(answer, truth), onsetOf(answer, inOther(later))) };
}

type Onset = NonNullable<Answer['causes'][number]['onset']>;

function onsetOf({ causes }: Answer, truth: Truth): Onset | undefined {
  return causes.find((cause) => isAt(truth, cause))?.onset ?? undefined;
}

function orderOf(first: Onset | undefined, second: Onset | undefined): ScoredPair['said'] {
  if (!first || !second) return undefined;
  const apart = Date.parse(second.at) - Date.parse(first.at);
  if (Math.abs(apart) <= first.plusMinusMs + second.plusMinusMs) return 'together';
  return apart > 0 ? 'right' : 'wrong';
}

function truthOf(folder: string): Truth {
  return JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as Truth;
}

function inOther({ service, also, ...rest }: Truth): Truth {
  const named = (name: string | null): string | null => name && OTHER + name;
  return { ...rest, service: named(service), also: also.map((place) => ({ ...place, service: named(place.service) })) };
}

/** The run with other services, traces and times. */
function elsewhere(folder: string, shiftMs: number): OtlpRequest[] {
  const text = JSON.stringify(recordedSpans(join(folder, 'spans.otlp.jsonl')))
    .replaceAll(/("key":"service\.name","value":\{"stringValue":")/g, `$1${OTHER}`)
    .replaceAll(/("key":"service\.instance\.id","value":\{"stringValue":")/g, `$1${OTHER}`)
    .replaceAll(/("traceId":"|"pool\.holder\.trace_id","value":\{"stringValue":")[0-9a-f]{4}/g, '$1ffff')
    .replaceAll(
      /("(?:start|end)?[tT]imeUnixNano":")(\d+)"/g,
      (_, key: string, time: string) => `${key}${BigInt(time) + BigInt(Math.round(shiftMs)) * 1_000_000n}"`,
    );
  return JSON.parse(text) as OtlpRequest[];
}
