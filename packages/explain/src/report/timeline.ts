import type { Analysis } from '../analyse.ts';
import { deathOf, recordedDeaths } from '../verdict/recorded-deaths.ts';
import type { Window } from '../window/choose.ts';
import type { AppRequest } from '../window/requests.ts';
import type { Cause, Moment, PoolRow } from './answer.ts';
import { count, duration, iso, round } from './figures.ts';

const MOST = 12;
const MOST_TRANSITIONS = 4;
const NEAR_MS = 60_000;

/** In order of time. */
export function timelineOf(analysis: Analysis, causes: Cause[], pools: PoolRow[]): Moment[] {
  if (analysis.bad.length === 0) return [];
  const moments: Moment[] = [];
  for (const { onset, service, text, traceIds, rank } of causes.slice(0, 2)) {
    if (!onset) continue;
    const said = text.slice(0, text.lastIndexOf(':'));
    moments.push({
      ...onset,
      service,
      text: `${rank === 1 ? 'cause' : 'second cause'}: ${said}`,
      traceIds: traceIds.slice(0, 1),
    });
  }
  for (const { service, pool, from, to, waits, longestWaitMs } of pools.slice(0, 3)) {
    moments.push({
      at: from,
      plusMinusMs: 0,
      service,
      text: `pool ${pool} is full: first of ${count(waits, 'wait')}, the longest ${duration(longestWaitMs)}`,
      traceIds: [],
    });
    moments.push({ at: to, plusMinusMs: 0, service, text: `last wait for pool ${pool} ends`, traceIds: [] });
  }
  moments.push(...firstAndLastBad(analysis), ...marksOf(analysis), ...deathsOf(analysis));
  return moments.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).slice(0, MOST);
}

function firstAndLastBad({ known, bad }: Analysis): Moment[] {
  const { table } = known.whole;
  const moment = (row: number, at: number, text: string): Moment => ({
    at: iso(at),
    plusMinusMs: 0,
    service: table.strings.text(table.service[row]!),
    text,
    traceIds: [table.traceId(table.trace[row]!)],
  });
  const first = bad.reduce((a, b) => (lateSince(known.window, b) < lateSince(known.window, a) ? b : a));
  const last = bad.reduce((a, b) => (b.start + b.ms > a.start + a.ms ? b : a));
  const name = (row: number): string => table.strings.text(table.name[row]!);
  return [
    moment(
      first.row,
      lateSince(known.window, first),
      `first of ${count(bad.length, 'slow or failed request')}: ${name(first.row)}`,
    ),
    moment(last.row, last.start + last.ms, `the last of them ends: ${name(last.row)}, ${duration(last.ms)}`),
  ];
}

/** It is not slow when it begins. */
function lateSince({ slowFrom }: Window, { failed, start, ms, route }: AppRequest): number {
  return start + (failed ? ms : Math.min(ms, slowFrom.get(route) ?? 0));
}

/** Near the window, when they happened. */
function deathsOf({ known }: Analysis): Moment[] {
  const { table } = known.whole;
  const { from, to } = known.window;
  return recordedDeaths(table)
    .filter((row) => table.end[row]! >= from - NEAR_MS && table.end[row]! <= to + NEAR_MS)
    .slice(0, MOST_TRANSITIONS)
    .map((row) => ({
      at: iso(table.end[row]!),
      plusMinusMs: 0,
      service: table.strings.text(table.service[row]!),
      text: `a process died: ${deathOf(table, row)}`,
      traceIds: [table.traceId(table.trace[row]!)],
    }));
}

/** The first few of each kind. */
function marksOf({ known }: Analysis): Moment[] {
  const { table } = known.whole;
  const { from, to } = known.window;
  const seen = new Map<string, number>();
  const moments: Moment[] = [];
  for (const { row, name, at, values } of table.marks.toSorted((a, b) => a.at - b.at)) {
    if (at < from || at > to + NEAR_MS || name === 'connection.opened') continue;
    const n = (seen.get(name) ?? 0) + 1;
    seen.set(name, n);
    if (n > MOST_TRANSITIONS) continue;
    moments.push({
      at: iso(at),
      plusMinusMs: 0,
      service: table.strings.text(table.service[row]!),
      text: textOf(name, values),
      traceIds: [table.traceId(table.trace[row]!)],
    });
  }
  return moments;
}

function textOf(name: string, values: Record<string, string | number | boolean>): string {
  switch (name) {
    case 'circuitbreaker.transition':
      return `breaker ${values['circuitbreaker.name'] ?? ''} becomes ${values['circuitbreaker.state']}`;
    case 'retry.storm':
      return `retries of ${values['retry.storm.target'] ?? 'a call'}: ${values['retry.storm.resends']} beside ${values['retry.storm.first_tries']} first tries`;
    case 'cache.stampede':
      return `${values['cache.stampede.callers']} callers miss ${values['cache.key'] ?? 'a key'} at a time`;
    case 'error.logged':
      return 'an error is logged';
    default:
      return `${name} ${round(Number(values['pool.holder.held_ms'] ?? 0)) || ''}`.trim();
  }
}
