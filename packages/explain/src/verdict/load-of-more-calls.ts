import type { Signal } from '../decompose/signals.ts';
import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import type { CauseKind } from './cause-kinds.ts';
import { nameAs, nameCause } from './name-cause.ts';
import { withAllOf } from './with-all-of.ts';

/** Times, and calls a request, from which they are a load of their own. */
const TIMES = 5;
const LEAST_MORE = 10;
/** Of all calls there. */
const LEAST_SHARE = 0.6;
/** Of the requests, that the calls' own length explains. */
const LEAST_OF_REQUESTS = 0.1;
/** What so many calls do to their service, its pool and whom they call. */
const OF_LOAD: ReadonlySet<CauseKind> = new Set<CauseKind>([
  'event_loop_blocked',
  'memory_pressure',
  'cpu_slow',
  'slow_dependency',
  'network_slow',
  'pool_exhausted',
  'long_hold',
  'connect_slow',
  'config_change',
]);

/** Requests that make many more calls than before (N+1) keep their service busy, and its pool full: one cause. */
export function withLoadOfMoreCalls(known: Known, ranked: Evidence[]): Evidence[] {
  const [first] = ranked;
  const grown = first && manyMore(known);
  if (!grown) return ranked;
  const { service, peer, detail } = grown;
  const calls = ranked.find(({ place }) => place.service === service && place.resource === peer);
  if (!calls || first.place.service !== service || !(calls.requests >= LEAST_OF_REQUESTS * first.requests))
    return ranked;
  const effects = ranked.filter(
    (each) => each !== calls && each.place.service === service && OF_LOAD.has(nameCause(known, each).kind),
  );
  if (first !== calls && !effects.includes(first)) return ranked;
  nameAs(calls, { kind: 'more_calls', place: calls.place, detail });
  const others = ranked.filter((each) => each !== calls);
  return effects.reduce((left, effect) => withAllOf(calls, effect, left), [calls, ...others]);
}

interface Grown {
  service: number;
  peer: number;
  detail: string;
}

function manyMore({ calls, changes }: Known): Grown | undefined {
  for (const { signal: id, before, within, n } of calls.more) {
    const { signal } = changes[id]!;
    if (signal.kind !== 'dependency' && signal.kind !== 'call') continue;
    if (within < before * TIMES || within - before < LEAST_MORE) continue;
    const all = changes.reduce((sum, each) => sum + (isThere(each.signal, signal) ? each.n : 0), 0);
    if ((within - before) * n < LEAST_SHARE * all) continue;
    return { service: signal.service, peer: signal.peer, detail: `${rounded(before)} → ${rounded(within)}` };
  }
  return undefined;
}

function isThere(one: Signal, other: Signal): boolean {
  return one.kind === other.kind && one.service === other.service && one.peer === other.peer;
}

function rounded(count: number): string {
  return String(Number(count.toPrecision(2)));
}
