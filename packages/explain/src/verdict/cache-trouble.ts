import { percent } from '../report/figures.ts';
import type { Known } from '../waits-for/context.ts';
import { bump, type Evidence } from '../waits-for/evidence.ts';
import { BEFORE, WITHIN } from '../changes/phases.ts';
import { marksOf } from '../spans/marks-of.ts';
import { isCache } from './caches.ts';
import { largest } from './largest.ts';
import type { Reading } from './name-cause.ts';

/** Without a cache, what is behind it gets its load and shows these kinds. */
const LOOKS = new Set(['slow_dependency', 'pool_exhausted', 'long_hold', 'more_calls', 'cpu_slow', 'unknown']);
const FEWEST_LOOKUPS = 20;
/** The usual hit ratio, and the factor by which it fell. */
const USUALLY_HIT = 0.5;
const TIMES = 0.5;
/** Below this factor of look-ups per request, callers bypass the cache. */
const BYPASSED = 0.3;

/** Look-ups that used to hit now miss for many callers, or are no longer made. */
export const cacheTrouble: Reading = (known, evidence, kind) => {
  const { table } = known.whole;
  if (!LOOKS.has(kind) || isCache(table.strings.text(evidence.place.resource))) return undefined;
  const { service } = evidence.place;
  const [before, within] = [lookupsOf(known, service, BEFORE), lookupsOf(known, service, WITHIN)];
  const resource = largest(before.targets) ?? largest(within.targets) ?? 0;
  const place = { service, resource };
  const [n, m] = [entriesOf(known, service, BEFORE), entriesOf(known, service, WITHIN)];
  if (before.all >= FEWEST_LOOKUPS && before.hits >= USUALLY_HIT * before.all) {
    const [usually, now] = [before.all / n, within.all / Math.max(m, 1)];
    if (m >= FEWEST_LOOKUPS && now < BYPASSED * usually)
      return {
        kind: 'cache_down',
        place,
        detail: `lookups stopped: ${usually.toFixed(1)} → ${now.toFixed(1)} a request`,
      };
  }
  const stampedes = stampedesOf(known, service);
  const isMissed = before.all >= FEWEST_LOOKUPS && within.hits / within.all < TIMES * (before.hits / before.all);
  if (stampedes.within === 0 || stampedes.before > stampedes.within) return undefined;
  if (!isMissed && !metMisses(known, evidence)) return undefined;
  const hits =
    before.all > 0 && within.all > 0
      ? `, hits ${percent(before.hits / before.all)} → ${percent(within.hits / within.all)}`
      : '';
  return { kind: 'cache_stampede', place, detail: `up to ${stampedes.callers} missed one key at a time${hits}` };
};

interface Lookups {
  all: number;
  hits: number;
  targets: Map<number, number>;
}

function lookupsOf({ whole: { table }, phases }: Known, service: number, phase: number): Lookups {
  const lookups: Lookups = { all: 0, hits: 0, targets: new Map() };
  table.facts.forEach((facts, row) => {
    if (facts?.cacheHit === undefined || table.service[row] !== service || phases[row] !== phase) return;
    lookups.all++;
    if (facts.cacheHit) lookups.hits++;
    bump(lookups.targets, table.target[row]!, 1);
  });
  return lookups;
}

function entriesOf({ whole: { table, clipped }, phases }: Known, service: number, phase: number): number {
  const entries = new Set<number>();
  for (let row = 0; row < table.size; row++)
    if (table.service[row] === service && phases[row] === phase) entries.add(clipped.entry[row]!);
  return entries.size;
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
        Number(values['cache.stampede.callers'] ?? table.facts[row]?.waiters) || 0,
      );
    }
  }
  return found;
}

/** A stampede begins before its first slow caller. */
const EARLIER_MS = 2_000;

function metMisses({ whole: { table, signals }, samplesOf }: Known, { mostly }: Evidence): boolean {
  const missed = mostly.filter((row) => samplesOf(row).some((at) => table.facts[signals.row[at]!]?.cacheHit === false));
  return mostly.length > 0 && missed.length * 2 > mostly.length;
}
