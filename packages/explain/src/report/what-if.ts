import type { Analysis } from '../analyse.ts';
import { byRoute, quantile, times } from '../window/slow.ts';
import { round } from './figures.ts';

/** Requests of the first cause take the slower usual time, if known. */
export function whatIf({ known, bad, ranked }: Analysis): { without: number; p95Ms: number; failed: number }[] {
  const first = ranked[0];
  if (!first) return [];
  const routesBefore = byRoute(known.window.before);
  const routesWithin = byRoute(known.window.within);
  let failed = 0;
  const lengths: number[] = [];
  for (const route of new Set(bad.map((request) => request.route))) {
    const before = routesBefore.get(route);
    if (!before) return [];
    const usual = quantile(times(before), 0.95);
    for (const request of routesWithin.get(route)!) {
      const share = Math.min(1, first.shareOf.get(request.row) ?? 0);
      lengths.push(request.ms + share * (usual - request.ms));
      if (request.failed && share < 0.5) failed++;
    }
  }
  if (lengths.length === 0) return [];
  lengths.sort((a, b) => a - b);
  return [{ without: 1, p95Ms: round(quantile(lengths, 0.95)), failed }];
}
