import type { AppRequest } from './requests.ts';

const TIMES = 1.5;
const MORE_MS = 20;

/** A route with fewer requests has no limit. */
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

/** Without a known baseline, the better quarter of each route's pieces of time is usual. */
export function slowFromBestTimes(all: AppRequest[]): SlowFrom {
  const limits: SlowFrom = new Map();
  for (const [route, requests] of byRoute(all)) {
    if (requests.length < FEWEST * 2) continue;
    const pieces = Math.min(12, Math.floor(requests.length / FEWEST));
    const usual: number[] = [];
    for (let i = 0; i < pieces; i++) {
      const from = Math.floor((i * requests.length) / pieces);
      const to = Math.floor(((i + 1) * requests.length) / pieces);
      usual.push(quantile(times(requests.slice(from, to)), 0.95));
    }
    limits.set(
      route,
      limit(
        quantile(
          usual.sort((a, b) => a - b),
          0.25,
        ),
      ),
    );
  }
  return limits;
}

export function isBad(request: AppRequest, slowFrom: SlowFrom): boolean {
  return request.failed || request.ms > (slowFrom.get(request.route) ?? Infinity);
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

/** Of sorted numbers; NaN if there are none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

export function times(requests: AppRequest[]): number[] {
  return requests.map(({ ms }) => ms).sort((a, b) => a - b);
}

function limit(usual: number): number {
  return usual * TIMES + MORE_MS;
}
