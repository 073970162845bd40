import type { AppRequest } from './requests.ts';

const TIMES = 1.5;
const MORE_MS = 20;

/** With fewer requests no limit. */
const FEWEST = 10;

/** In milliseconds. */
export type SlowFrom = Map<number, number>;

export function slowFromBaseline(baseline: AppRequest[]): SlowFrom {
  const limits: SlowFrom = new Map();
  for (const [route, requests] of byRoute(baseline)) {
    if (requests.length >= FEWEST) limits.set(route, limit(quantile(times(requests), 0.95)));
  }
  return limits;
}

/** Without baseline, each route's better quarter of time is usual. */
export function slowFromBestTimes(all: AppRequest[]): SlowFrom {
  const limits: SlowFrom = new Map();
  for (const [route, requests] of byRoute(all)) {
    if (requests.length < FEWEST * 2) continue;
    const usual = piecesOf(requests).map((piece) => quantile(times(piece), 0.95));
    const sorted = usual.sort((a, b) => a - b);
    limits.set(route, limit(quantile(sorted, 0.25)));
  }
  return limits;
}

const MOST_PIECES = 12;
const FEWEST_PIECES = 4;
const FEWEST_OF_PIECE = 5;

/** Equal times, as a rush has most requests; equal numbers if most time has none. */
function piecesOf(requests: AppRequest[]): AppRequest[][] {
  const pieces = Math.min(MOST_PIECES, Math.floor(requests.length / FEWEST));
  const first = requests[0]!.start;
  const length = (requests.at(-1)!.start - first) / pieces;
  const ofTime = Array.from({ length: pieces }, (): AppRequest[] => []);
  for (const request of requests)
    ofTime[Math.min(pieces - 1, Math.floor((request.start - first) / length) || 0)]!.push(request);
  const full = ofTime.filter((piece) => piece.length >= FEWEST_OF_PIECE);
  if (full.length >= FEWEST_PIECES) return full;
  return ofTime.map((_, i) =>
    requests.slice(Math.floor((i * requests.length) / pieces), Math.floor(((i + 1) * requests.length) / pieces)),
  );
}

export function isBad(request: AppRequest, slowFrom: SlowFrom): boolean {
  return request.failed || request.ms > (slowFrom.get(request.route) ?? Infinity);
}

const VERY_TIMES = 10;
const VERY_MORE_MS = 1_000;

export function isVerySlow({ failed, ms, route }: AppRequest, slowFrom: SlowFrom): boolean {
  return !failed && ms > (slowFrom.get(route) ?? Infinity) * VERY_TIMES + VERY_MORE_MS;
}

export function byRoute(requests: AppRequest[]): Map<number, AppRequest[]> {
  const routes = new Map<number, AppRequest[]>();
  for (const request of requests) {
    const list = routes.get(request.route);
    if (list) list.push(request);
    else routes.set(request.route, [request]);
  }
  return routes;
}

/** Sorted; NaN if empty. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

/** Sorted. */
export function times(requests: AppRequest[]): Float64Array {
  const all = new Float64Array(requests.length);
  for (let i = 0; i < requests.length; i++) all[i] = requests[i]!.ms;
  return all.sort();
}

function limit(usual: number): number {
  return usual * TIMES + MORE_MS;
}
