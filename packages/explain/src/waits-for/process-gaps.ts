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
  for (const [i, process] of processes.entries()) {
    const { last, spans, interrupted } = process;
    if (interrupted) gaps.push({ from: last, detail: 'its requests were cut off', isOfMemory: false });
    const next = processes[i + 1];
    if (spans < FEWEST_SPANS || !next || next.first < last - SLACK_MS || isDeployment(process, next)) continue;
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
  /** Before and after: what tells them apart. */
  of: 'version' | 'config';
  values: [number, number];
}

/** While a new version or configuration took the place of another. */
export function deployments(table: SpanTable, service: number): Deployment[] {
  const processes = processesOf(table, service);
  return processes.flatMap((process, i) => {
    const next = processes[i + 1];
    const of = next && (['version', 'config'] as const).find((each) => isOther(process[each], next[each]));
    return of && next.first > process.last - SLACK_MS
      ? [{ from: process.last, to: next.works, of, values: [process[of], next[of]] }]
      : [];
  });
}

interface Deployed {
  version: number;
  config: number;
}

/** Started anew on purpose. */
function isDeployment(one: Deployed, next: Deployed): boolean {
  return one.version !== next.version || isOther(one.config, next.config);
}

function isOther(one: number, next: number): boolean {
  return one !== 0 && next !== 0 && one !== next;
}

/** By first span; `works`: the first request or message. */
function processesOf(table: SpanTable, service: number) {
  const processes = new Map<
    number,
    Deployed & { first: number; works: number; last: number; spans: number; interrupted: boolean }
  >();
  for (let row = 0; row < table.size; row++) {
    if (table.service[row] !== service || table.strings.text(table.name[row]!).startsWith('process.died')) continue;
    const [first, last] = [table.start[row]!, table.end[row]!];
    const instance = table.instance[row]!;
    let process = processes.get(instance);
    if (!process) {
      const deployed = { version: table.version[row]!, config: table.config[row]! };
      process = { first, works: Infinity, last, spans: 0, ...deployed, interrupted: false };
      processes.set(instance, process);
    }
    process.first = Math.min(process.first, first);
    process.last = Math.max(process.last, last);
    if (table.kind[row] === KIND.SERVER || table.kind[row] === KIND.CONSUMER)
      process.works = Math.min(process.works, first);
    process.spans++;
    process.interrupted ||= table.attributes[row]?.interrupted === true;
  }
  const all = [...processes.values()].sort((a, b) => a.first - b.first);
  // Each has its own, which says nothing.
  if (all.length > 2 && new Set(all.map(({ config }) => config)).size === all.length)
    for (const process of all) process.config = 0;
  return all;
}
