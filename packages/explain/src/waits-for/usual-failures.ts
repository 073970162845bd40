import { zOf } from '../window/change-point.ts';
import { byRoute } from '../window/slow.ts';
import type { Window } from '../window/choose.ts';

const LEAST_Z = 3;
const FEWEST_BEFORE = 20;

/** Routes failing as often as before: refused first attempts, clients that ask wrongly. */
export function routesOfUsualFailures({ before, within }: Window): Set<number> {
  const routesBefore = byRoute(before);
  const routes = new Set<number>();
  for (const [route, requests] of byRoute(within)) {
    const earlier = routesBefore.get(route) ?? [];
    const failedBefore = earlier.filter(({ failed }) => failed).length;
    if (earlier.length < FEWEST_BEFORE || failedBefore === 0) continue;
    const failed = requests.filter((request) => request.failed).length;
    const z = zOf(failedBefore / earlier.length, earlier.length, failed / requests.length, requests.length);
    if (z < LEAST_Z) routes.add(route);
  }
  return routes;
}
