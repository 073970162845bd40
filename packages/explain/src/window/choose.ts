import { changedPieces, type ChangedPieces } from './change-point.ts';
import type { AppRequest } from './requests.ts';
import { byRoute, isBad, slowFromBaseline, slowFromBestTimes, type SlowFrom } from './slow.ts';

import type { TimeRange } from '../sources/time-range.ts';

/** What is looked at, and what it is compared with; milliseconds since 1970. */
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
  /** What to compare with, if not the time before. */
  before?: { from: number; to: number };
}

const MOST_PIECES = 120;
/** Requests a piece of time has on average. */
const A_PIECE = 8;
const FEWEST_OF_ROUTE = 40;

/** The window that was asked for, or the stretch in which requests became slow or failed. */
export function chooseWindow(requests: AppRequest[], asked: AskedWindow): Window {
  if (asked.from !== undefined || (asked.to !== undefined && asked.around === undefined)) return given(requests, asked);
  const first = requests[0]?.start ?? 0;
  const last = requests.at(-1)?.start ?? 0;
  const slowFrom = slowFromBestTimes(requests);
  const found = search(requests, slowFrom, first, last, asked.around);
  if (!found) {
    return {
      from: first,
      to: last,
      baseline: undefined,
      isChanged: false,
      isGiven: false,
      within: requests,
      before: [],
      slowFrom,
    };
  }
  const width = widthOf(requests, first, last);
  const begins = first + found.from * width;
  const ends = first + (found.to + 1) * width;
  const { from, to } = edges(requests, slowFrom, { from: begins, to: ends, width });
  return { ...split(requests, from, to, first + found.before * width), isChanged: true, isGiven: false };
}

/** Pieces of time do not end where a change does: the first and last bad requests around them say more. */
function edges(
  requests: AppRequest[],
  slowFrom: SlowFrom,
  { from, to, width }: TimeRange & { width: number },
): TimeRange {
  const near = requests.filter(({ start }) => start >= from - width && start <= to + width);
  const bad = near.filter((request) => isBad(request, slowFrom));
  const first = bad.find(({ start }) => {
    const until = near.filter((each) => each.start >= start && each.start < from);
    return until.filter((each) => isBad(each, slowFrom)).length * 2 >= until.length;
  });
  return { from: first?.start ?? from, to: Math.max(to, bad.at(-1)?.start ?? to) };
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

/** What began before the window and ended in it is neither. */
function split(requests: AppRequest[], from: number, to: number, since = 0) {
  const within = requests.filter(({ start }) => start >= from && start <= to);
  const before = requests.filter(({ start, ms }) => start >= since && start + ms < from);
  const baseline = before.length > 0 ? { from: before[0]!.start, to: from } : undefined;
  return { from, to, baseline, within, before, slowFrom: slowFromBaseline(before) };
}

/** Looks at all requests together, then at each route: a small route may fail wholly and hardly show. */
function search(requests: AppRequest[], slowFrom: SlowFrom, first: number, last: number, around?: number) {
  let best: ChangedPieces | undefined;
  const width = widthOf(requests, first, last);
  const pieces = Math.max(1, Math.ceil((last - first + 1) / width));
  const routes = [...byRoute(requests).values()].filter(({ length }) => length >= FEWEST_OF_ROUTE);
  for (const some of [requests, ...routes]) {
    const bad = Array.from({ length: pieces }, () => 0);
    const all = Array.from({ length: pieces }, () => 0);
    for (const request of some) {
      const piece = Math.min(pieces - 1, Math.floor((request.start - first) / width));
      all[piece]!++;
      if (isBad(request, slowFrom)) bad[piece]!++;
    }
    const found = changedPieces({ bad, all });
    if (!found || found.z <= (best?.z ?? 0)) continue;
    const holds =
      around === undefined || (around >= first + (found.from - 1) * width && around <= first + (found.to + 2) * width);
    if (holds) best = found;
  }
  return best;
}

function widthOf({ length }: AppRequest[], first: number, last: number): number {
  return (last - first + 1) / Math.max(1, Math.min(MOST_PIECES, Math.floor(length / A_PIECE)));
}
