import type { Analysis } from '../analyse.ts';
import type { Decomposed } from '../decompose/decomposed.ts';
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
  const degraded = degradedEntries(known.whole);
  const affected = [...byRoute(bad)].sort(([, a], [, b]) => b.length - a.length).slice(0, MOST);
  return affected.map(([route, some]) => {
    const all = routesWithin.get(route)!;
    const usual = routesBefore.get(route);
    const service = table.strings.text(all[0]!.service);
    const onPurpose = all.filter(({ row }) => degraded.has(row)).length;
    const impact: Impact = {
      service,
      route: table.strings.text(route).slice(service.length + 1),
      requests: all.length,
      slow: some.filter((each) => !each.failed).length,
      failed: all.filter(({ failed }) => failed).length,
      p95Ms: round(quantile(times(all), 0.95)),
      baselineP95Ms: usual ? round(quantile(times(usual), 0.95)) : null,
    };
    if (onPurpose > 0) impact.degraded = onPurpose;
    return impact;
  });
}

/** With a span of their own service that says so. */
function degradedEntries({ table, clipped }: Decomposed): Set<number> {
  const entries = new Set<number>();
  table.attributes.forEach((attributes, row) => {
    const entry = clipped.entry[row]!;
    if (attributes?.degraded !== undefined && entry >= 0) entries.add(entry);
  });
  return entries;
}
