import type { Analysis } from '../analyse.ts';
import { quantile } from '../window/slow.ts';
import { round } from './figures.ts';

/** The affected routes' requests laid out again without the first cause. */
export function whatIf({ known, bad, ranked, usual }: Analysis): { without: number; p95Ms: number; failed: number }[] {
  const first = ranked[0];
  if (!first || bad.length === 0) return [];
  const routes = new Set(bad.map(({ route }) => route));
  let failed = 0;
  const lengths: number[] = [];
  for (const request of known.window.within) {
    if (!routes.has(request.route)) continue;
    const share = Math.min(1, first.shareOf.get(request.row) ?? 0);
    const beyond = Math.max(0, request.ms - (usual.get(request.route) ?? request.ms));
    lengths.push(request.ms - share * beyond);
    if (request.failed && share < 0.5) failed++;
  }
  return [
    {
      without: 1,
      p95Ms: round(
        quantile(
          lengths.sort((a, b) => a - b),
          0.95,
        ),
      ),
      failed,
    },
  ];
}
