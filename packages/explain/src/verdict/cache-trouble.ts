import { percent } from '../report/figures.ts';
import type { Known } from '../waits-for/context.ts';
import { bump, type Evidence } from '../waits-for/evidence.ts';
import { BEFORE, WITHIN } from '../changes/phases.ts';
import { marksOf } from '../spans/marks-of.ts';
import { cacheBypass } from './cache-bypass.ts';
import { isCache } from './caches.ts';
import { heldByMisses } from './held-by-misses.ts';
import { largest } from './largest.ts';
import type { Reading } from './named-cause.ts';

/** What is behind a missing cache gets its load, and shows these kinds. */
const LOOKS = new Set(['slow_dependency', 'pool_exhausted', 'long_hold', 'more_calls', 'cpu_slow', 'unknown']);
const FEWEST_LOOKUPS = 20;
/** Factor of the hit ratio's fall. */
const TIMES = 0.5;
/** `n` concurrent calls are each `n` times as slow; twice that is slow itself. */
const MOST_SLOWER = 2;

/** Look-ups now miss for many callers, or are not made. */
export const cacheTrouble: Reading = (known, evidence, kind) => {
  const { table } = known.whole;
  if (!LOOKS.has(kind) || isCache(table.strings.text(evidence.place.resource))) return undefined;
  const { service } = evidence.place;
  const [before, within] = [lookupsOf(known, service, BEFORE), lookupsOf(known, service, WITHIN)];
  const resource = largest(before.targets) ?? largest(within.targets) ?? 0;
  const place = { service, resource };
  const bypass = before.hits > 0 ? cacheBypass(known, service) : undefined;
  if (bypass) {
    const detail = `lookups stopped: ${bypass.usually.toFixed(1)} → ${bypass.now.toFixed(1)} a request`;
    return { kind: 'cache_down', place, detail };
  }
  const stampedes = stampedesOf(known, service);
  const isMore = stampedes.within > stampedes.before;
  const isMissed =
    Math.min(before.all, within.all) >= FEWEST_LOOKUPS && within.hits / within.all < TIMES * (before.hits / before.all);
  // An event names the key; without one, most slow requests must miss anew.
  if (isMore ? !isMissed && !metMisses(known, evidence) : !isMissed || !metMisses(known, evidence)) return undefined;
  if (slower(known, evidence) > MOST_SLOWER * Math.max(stampedes.callers, 1)) return undefined;
  if (!heldByMisses(known, evidence)) return undefined;
  const hits =
    before.all > 0 && within.all > 0
      ? `, hits ${percent(before.hits / before.all)} → ${percent(within.hits / within.all)}`
      : '';
  const together = isMore ? `up to ${stampedes.callers} missed one key at a time${hits}` : hits.slice(2);
  return { kind: 'cache_stampede', place, detail: together };
};

interface Lookups {
  all: number;
  hits: number;
  targets: Map<number, number>;
}

function lookupsOf({ whole: { table }, phases }: Known, service: number, phase: number): Lookups {
  const lookups: Lookups = { all: 0, hits: 0, targets: new Map() };
  table.attributes.forEach((attributes, row) => {
    if (attributes?.cacheHit === undefined || table.service[row] !== service || phases[row] !== phase) return;
    lookups.all++;
    if (attributes.cacheHit) lookups.hits++;
    bump(lookups.targets, table.target[row]!, 1);
  });
  return lookups;
}

function stampedesOf({ whole: { table }, window }: Known, service: number) {
  const found = { before: 0, within: 0, callers: 0 };
  for (const { row, at, values } of marksOf(table, 'cache.stampede')) {
    if (table.service[row] !== service) continue;
    if (at < window.from - EARLIER_MS) found.before++;
    else if (at <= window.to + EARLIER_MS) {
      found.within++;
      found.callers = Math.max(
        found.callers,
        Number(values['cache.stampede.callers'] ?? table.attributes[row]?.waiters) || 0,
      );
    }
  }
  return found;
}

/** A stampede begins before its slow callers. */
const EARLIER_MS = 2_000;

function metMisses({ whole: { table, signals }, samplesOf }: Known, { mostly }: Evidence): boolean {
  const missed = mostly.filter((row) =>
    samplesOf(row).some((at) => table.attributes[signals.row[at]!]?.cacheHit === false),
  );
  return mostly.length > 0 && missed.length * 2 > mostly.length;
}

/** How many times slower calls behind the cache are. */
function slower({ changes }: Known, { bySignal }: Evidence): number {
  const main = largest(bySignal);
  if (main === undefined || changes[main]!.isNew) return 1;
  const { meanMs, meanBeforeMs } = changes[main]!;
  return meanMs / Math.max(meanBeforeMs, 1);
}
