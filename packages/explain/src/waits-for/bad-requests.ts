import { KIND } from '../spans/span-table.ts';
import type { AppRequest } from '../window/requests.ts';
import { byRoute, isBad } from '../window/slow.ts';
import type { Known } from './context.ts';
import { isSlowByParts } from './slowed-parts.ts';
import { routesOfUsualFailures } from './usual-failures.ts';

/** A message from a bad request counts with its sender: delayed sends arrive in a rush, which others meet. */
export function badRequests(known: Known): AppRequest[] {
  const { window, whole } = known;
  const usual = routesOfUsualFailures(window);
  const bad = window.within.filter((request) => {
    if (request.failed && usual.has(request.route)) return false;
    return isBad(request, window.slowFrom) || isSlowByParts(known, request);
  });
  const rows = new Set(bad.map(({ row }) => row));
  const isLate = ({ row }: AppRequest): boolean => {
    const sender = whole.trees.parent[row]!;
    return whole.table.kind[row] === KIND.CONSUMER && sender >= 0 && rows.has(whole.clipped.entry[sender]!);
  };
  const rushed = [...byRoute(bad)].filter(([, some]) => some.filter(isLate).length * 2 > some.length);
  const routes = new Set(rushed.map(([route]) => route));
  return bad.filter((request) => !routes.has(request.route) && !isLate(request));
}
