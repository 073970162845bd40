import type { Analysis } from '../analyse.ts';
import { byRoute, quantile, times } from '../window/slow.ts';
import type { Impact } from './answer.ts';
import { round } from './figures.ts';

const MOST = 8;

/** Most requests first. */
export function impactOf({ known, bad }: Analysis): Impact[] {
  const { table } = known.whole;
  const { before, within } = known.window;
  const routesBefore = byRoute(before);
  const routesWithin = byRoute(within);
  const affected = [...byRoute(bad)].sort(([, a], [, b]) => b.length - a.length).slice(0, MOST);
  return affected.map(([route, some]) => {
    const all = routesWithin.get(route)!;
    const usual = routesBefore.get(route);
    const service = table.strings.text(all[0]!.service);
    return {
      service,
      route: table.strings.text(route).slice(service.length + 1),
      requests: all.length,
      slow: some.filter((each) => !each.failed).length,
      failed: all.filter(({ failed }) => failed).length,
      p95Ms: round(quantile(times(all), 0.95)),
      baselineP95Ms: usual ? round(quantile(times(usual), 0.95)) : null,
    };
  });
}
