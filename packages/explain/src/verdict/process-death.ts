import { KIND } from '../spans/span-table.ts';
import type { Known } from '../waits-for/context.ts';
import type { Reading } from './name-cause.ts';
import { deathOf, recordedDeaths } from './recorded-deaths.ts';

/** Callers and waiters see these kinds when a process is gone. */
const LOOKS = new Set([
  'dependency_unreachable',
  'dependency_errors',
  'slow_dependency',
  'network_slow',
  'queue_backlog',
]);
const FEWEST_SPANS = 10;
const LEAST_SHARE = 0.6;
/** Spans that ended this close to the process's end were in progress. */
const UNDER_WAY_MS = 2_000;
/** Callers notice an interrupted call a little later. */
const SLACK_MS = 500;

/**
 * The failures are between the end of a process and its replacement, or its end was recorded. Silence alone is not
 * enough, because a process without further calls looks the same.
 */
export const processDeath: Reading = (known, { place, examples, mostly }, kind) => {
  if (!LOOKS.has(kind)) return undefined;
  const { table } = known.whole;
  const isQueue = table.strings.text(place.resource).startsWith('queue ');
  // The processes of a resource are unknown.
  if (place.resource !== 0 && !isQueue) return undefined;
  const gap = gapOf(known, place.service);
  if (!gap) return undefined;
  const isWithin = (row: number): boolean => {
    const waited = table.kind[row] === KIND.CONSUMER ? (table.facts[row]?.queueWaitMs ?? 0) : 0;
    return table.start[row]! - waited <= gap.to + SLACK_MS && table.end[row]! >= gap.from - SLACK_MS;
  };
  const rows = isQueue ? mostly : [...new Set(examples.map(({ met }) => met))];
  if (rows.filter(isWithin).length < rows.length * LEAST_SHARE) return undefined;
  return {
    kind: 'process_died',
    place: { service: place.service, resource: 0 },
    detail: gap.detail,
    onset: { at: gap.from, plusMinusMs: 0 },
  };
};

interface Gap {
  from: number;
  to: number;
  detail: string;
}

function gapOf(known: Known, service: number): Gap | undefined {
  const { table } = known.whole;
  const { from, to } = known.window;
  const processes = processesOf(known, service);
  const since = (at: number, detail: string): Gap => ({
    from: at,
    to: processes.find(({ first }) => first > at)?.first ?? to,
    detail,
  });
  const death = recordedDeaths(table).findLast(
    (row) => table.service[row] === service && table.end[row]! >= from - UNDER_WAY_MS && table.start[row]! <= to,
  );
  if (death !== undefined) return since(table.end[death]!, deathOf(table, death));
  for (const [i, { last, spans, version, interrupted }] of processes.entries()) {
    if (last < from - UNDER_WAY_MS || last > to) continue;
    if (interrupted) return since(last, 'its requests were cut off');
    const next = processes[i + 1];
    // Another version is a deployment.
    if (spans < FEWEST_SPANS || !next || next.first < last - SLACK_MS || next.version !== version) continue;
    return since(last, 'another process took its place');
  }
  return undefined;
}

/** By first span. */
function processesOf({ whole: { table } }: Known, service: number) {
  const processes = new Map<
    number,
    { first: number; last: number; spans: number; version: number; interrupted: boolean }
  >();
  for (let row = 0; row < table.size; row++) {
    if (table.service[row] !== service || table.strings.text(table.name[row]!).startsWith('process.died')) continue;
    const [first, last] = [table.start[row]!, table.end[row]!];
    const instance = table.instance[row]!;
    let process = processes.get(instance);
    if (!process) {
      process = { first, last, spans: 0, version: table.version[row]!, interrupted: false };
      processes.set(instance, process);
    }
    process.first = Math.min(process.first, first);
    process.last = Math.max(process.last, last);
    process.spans++;
    process.interrupted ||= table.facts[row]?.interrupted === true;
  }
  return [...processes.values()].sort((a, b) => a.first - b.first);
}
