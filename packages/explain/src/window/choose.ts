import { changedPieces, type ChangedPieces } from './change-point.ts';
import type { AppRequest } from './requests.ts';
import { byRoute, isBad, isVerySlow, slowFromBaseline, slowFromBestTimes, type SlowFrom } from './slow.ts';
import { withoutStart } from './warm.ts';
import type { TimeRange } from '../sources/time-range.ts';

/** Unix milliseconds. */
export interface Window {
  from: number;
  to: number;
  baseline: { from: number; to: number } | undefined;
  /** Whether a change was found, or the window was given. */
  isChanged: boolean;
  isGiven: boolean;
  within: AppRequest[];
  before: AppRequest[];
  slowFrom: SlowFrom;
}

export interface AskedWindow {
  from?: number;
  to?: number;
  around?: number;
  /** Default: the time before. */
  before?: { from: number; to: number };
}

const MOST_PIECES = 120;
const A_PIECE = 8;
const FEWEST_OF_ROUTE = 40;

/** Given, or the stretch that became slow or failed. */
export function chooseWindow(requests: AppRequest[], asked: AskedWindow): Window {
  if (asked.from !== undefined || (asked.to !== undefined && asked.around === undefined)) return given(requests, asked);
  const slowFrom = slowFromBestTimes(requests);
  const pieces = Math.max(1, Math.min(MOST_PIECES, Math.floor(requests.length / A_PIECE)));
  /** Equal numbers of requests, regardless of pauses. */
  const begin = (piece: number): number => Math.ceil((piece * requests.length) / pieces);
  const found =
    // Slow requests nearby, as at a start-up, may hide failures.
    search(requests, [(each) => isBad(each, slowFrom), ({ failed }) => failed], pieces, begin, asked.around) ??
    search(requests, [(each) => isVerySlow(each, slowFrom)], pieces, begin, asked.around, LEAST_Z_OF_VERY_SLOW);
  if (!found) {
    const [from, to] = [requests[0]?.start ?? 0, requests.at(-1)?.start ?? 0];
    return { from, to, baseline: undefined, isChanged: false, isGiven: false, within: requests, before: [], slowFrom };
  }
  const { from, to } = edges(requests, slowFrom, begin(found.from), begin(found.to + 1), begin(1));
  return { ...split(requests, from, to, requests[begin(found.before)]!.start), isChanged: true, isGiven: false };
}

/** Bad requests are more exact than pieces. */
function edges(requests: AppRequest[], slowFrom: SlowFrom, from: number, to: number, width: number): TimeRange {
  const is = requests.map((request) => isBad(request, slowFrom));
  let first = from;
  for (let at = from - 1, bad = 0; at >= Math.max(0, from - width); at--) {
    if (!is[at]) continue;
    bad++;
    if (bad * 2 >= from - at) first = at;
  }
  while (first < to - 1 && !is[first]) first++;
  const last = is.slice(0, to + width).lastIndexOf(true);
  return { from: requests[first]!.start, to: requests[Math.max(last, to - 1)]!.start };
}

function given(requests: AppRequest[], { from, to, before }: AskedWindow): Window {
  if (before && from !== undefined && to !== undefined) {
    const within = requests.filter(({ start }) => start >= from && start <= to);
    const compared = requests.filter(({ start }) => start >= before.from && start <= before.to);
    const slowFrom = slowFromBaseline(compared);
    return { from, to, baseline: before, within, before: compared, slowFrom, isChanged: true, isGiven: true };
  }
  const last = requests.reduce((latest, { start, ms }) => Math.max(latest, start + ms), 0);
  return { ...split(requests, from ?? requests[0]?.start ?? 0, to ?? last), isChanged: true, isGiven: true };
}

/** Requests begun before the window and ended in it are in neither. */
function split(requests: AppRequest[], from: number, to: number, since = 0) {
  const within = requests.filter(({ start }) => start >= from && start <= to);
  const before = withoutStart(requests.filter(({ start, ms }) => start >= since && start + ms < from));
  const baseline = before.length > 0 ? { from: before[0]!.start, to: from } : undefined;
  return { from, to, baseline, within, before, slowFrom: slowFromBaseline(before) };
}

/** Seconds are seldom chance: fewer such requests are enough. */
const LEAST_Z_OF_VERY_SLOW = 3;

/** A small route hardly affects the total: each is searched, too. */
function search(
  requests: AppRequest[],
  eachOf: ((request: AppRequest) => boolean)[],
  pieces: number,
  begin: (piece: number) => number,
  around?: number,
  leastZ?: number,
): ChangedPieces | undefined {
  const all: ChangedPieces[] = [];
  const routes = [...byRoute(requests)].filter(([, { length }]) => length >= FEWEST_OF_ROUTE).map(([route]) => route);
  for (const [is, route] of eachOf.flatMap((is) => [undefined, ...routes].map((route) => [is, route] as const))) {
    const series = { bad: Array.from({ length: pieces }, () => 0), all: Array.from({ length: pieces }, () => 0) };
    requests.forEach((request, at) => {
      if (route !== undefined && request.route !== route) return;
      const piece = Math.floor((at * pieces) / requests.length);
      series.all[piece]!++;
      if (is(request)) series.bad[piece]!++;
    });
    const found = changedPieces(series, leastZ);
    if (!found) continue;
    const starts = requests[begin(Math.max(0, found.from - 1))]!.start;
    const ends = requests[Math.min(requests.length, begin(found.to + 2)) - 1]!.start;
    if (around === undefined || (around >= starts && around <= ends)) all.push(found);
  }
  return connected(all);
}

/** Largest, within one incident. */
const GAP = 3;

/** The later rush may be clearer than the start. */
function connected(all: ChangedPieces[]): ChangedPieces | undefined {
  const [best, ...others] = all.sort((a, b) => b.z - a.z);
  if (!best) return undefined;
  let whole = best;
  for (;;) {
    const at = others.findIndex(({ from, to }) => from <= whole.to + GAP && to >= whole.from - GAP);
    if (at < 0) break;
    const [other] = others.splice(at, 1);
    const first = other!.from < whole.from ? other! : whole;
    whole = { ...first, to: Math.max(whole.to, other!.to), z: best.z };
  }
  return whole;
}
