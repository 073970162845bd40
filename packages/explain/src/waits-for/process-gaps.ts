import { KIND, type SpanTable } from '../spans/span-table.ts';
import { deathOf, isOfMemory, recordedDeaths } from '../verdict/recorded-deaths.ts';
import type { Window } from '../window/choose.ts';

/** After one ended, no process of its service. */
export interface ProcessGap {
  from: number;
  to: number;
  detail: string;
  /** By its record. */
  isOfMemory: boolean;
}

const FEWEST_SPANS = 10;
/** Spans ended so close to the process's end were in progress. */
const UNDER_WAY_MS = 2_000;
/** Callers notice interrupted calls a little later. */
export const SLACK_MS = 500;

/** A process replaced, cut off or recorded as dead in the window. */
export function processGap(table: SpanTable, window: Window, service: number): ProcessGap | undefined {
  const processes = processesOf(table, service);
  const gaps = recordedDeaths(table)
    .filter((row) => table.service[row] === service)
    .map((row) => ({ from: table.end[row]!, detail: deathOf(table, row), isOfMemory: isOfMemory(table, row) }))
    .reverse();
  for (const [i, { last, spans, version, interrupted }] of processes.entries()) {
    if (interrupted) gaps.push({ from: last, detail: 'its requests were cut off', isOfMemory: false });
    const next = processes[i + 1];
    // Another version: a deployment.
    if (spans < FEWEST_SPANS || !next || next.first < last - SLACK_MS || next.version !== version) continue;
    gaps.push({ from: last, detail: 'another process took its place', isOfMemory: false });
  }
  for (const { from, ...said } of gaps) {
    const next = processes.find(({ first }) => first > from);
    const isWithin = (at: number): boolean => at >= window.from - UNDER_WAY_MS && at <= window.to;
    if (isWithin(from) || (next && from <= window.to && isWithin(next.works)))
      return { from, to: Math.min(window.to, next?.works ?? Infinity), ...said };
  }
  return undefined;
}

interface Deployment {
  from: number;
  to: number;
  /** Before and after. */
  versions: number[];
}

/** While a new version took the place of another. */
export function deployments(table: SpanTable, service: number): Deployment[] {
  const processes = processesOf(table, service);
  return processes.flatMap(({ last, version }, i) => {
    const next = processes[i + 1];
    const isOther = next && version !== 0 && next.version !== 0 && next.version !== version;
    return isOther && next.first > last - SLACK_MS
      ? [{ from: last, to: next.works, versions: [version, next.version] }]
      : [];
  });
}

/** By first span; `works`: the first request or message. */
function processesOf(table: SpanTable, service: number) {
  const processes = new Map<
    number,
    { first: number; works: number; last: number; spans: number; version: number; interrupted: boolean }
  >();
  for (let row = 0; row < table.size; row++) {
    if (table.service[row] !== service || table.strings.text(table.name[row]!).startsWith('process.died')) continue;
    const [first, last] = [table.start[row]!, table.end[row]!];
    const instance = table.instance[row]!;
    let process = processes.get(instance);
    if (!process) {
      process = { first, works: Infinity, last, spans: 0, version: table.version[row]!, interrupted: false };
      processes.set(instance, process);
    }
    process.first = Math.min(process.first, first);
    process.last = Math.max(process.last, last);
    if (table.kind[row] === KIND.SERVER || table.kind[row] === KIND.CONSUMER)
      process.works = Math.min(process.works, first);
    process.spans++;
    process.interrupted ||= table.attributes[row]?.interrupted === true;
  }
  return [...processes.values()].sort((a, b) => a.first - b.first);
}
