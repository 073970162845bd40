import type { AppRequest } from '../window/requests.ts';
import { byRoute } from '../window/slow.ts';
import type { Known } from '../waits-for/context.ts';
import { isCache } from './caches.ts';

const FEWEST_REQUESTS = 20;
/** Least usual look-ups per request, and their hits' share. */
const USUALLY = 0.5;
/** Fewer look-ups per request mean that callers bypass it. */
const BYPASSED = 0.3;
/** Requests that fail before their look-up make no more database calls. */
const LEAST_MORE_CALLS = 1.5;

export interface Bypass {
  /** Look-ups per request. */
  usually: number;
  now: number;
}

/** Requests of the same routes call the database instead of looking up. */
export function cacheBypass(known: Known, service: number): Bypass | undefined {
  const { before, within } = known.window;
  const now = byRoute(within);
  let requests = 0;
  const sums = { usually: 0, now: 0, callsUsually: 0, callsNow: 0 };
  for (const [route, some] of byRoute(before)) {
    const later = now.get(route);
    if (!later || some.length < FEWEST_REQUESTS) continue;
    const usual = meanCalls(known, service, some);
    if (usual.lookups < USUALLY || usual.hits < USUALLY * usual.lookups) continue;
    const present = meanCalls(known, service, later);
    requests += later.length;
    sums.usually += usual.lookups * later.length;
    sums.now += present.lookups * later.length;
    sums.callsUsually += usual.calls * later.length;
    sums.callsNow += present.calls * later.length;
  }
  if (requests < FEWEST_REQUESTS || sums.now >= BYPASSED * sums.usually) return undefined;
  if (sums.callsNow < LEAST_MORE_CALLS * sums.callsUsually || sums.callsNow === 0) return undefined;
  return { usually: sums.usually / requests, now: sums.now / requests };
}

/** Per request; `calls`: to databases other than caches. */
function meanCalls({ whole: { table, signals }, samplesOf }: Known, service: number, some: AppRequest[]) {
  let [lookups, hits, calls] = [0, 0, 0];
  for (const { row: entry } of some) {
    for (const row of new Set(Array.from(samplesOf(entry), (at) => signals.row[at]!))) {
      const attributes = table.attributes[row];
      if (table.service[row] !== service || !attributes) continue;
      if (attributes.cacheHit !== undefined) lookups++;
      if (attributes.cacheHit) hits++;
      if (attributes.isDatabase && !isCache(table.strings.text(table.target[row]!))) calls++;
    }
  }
  return { lookups: lookups / some.length, hits: hits / some.length, calls: calls / some.length };
}
