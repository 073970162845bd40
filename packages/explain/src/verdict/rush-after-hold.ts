import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import type { CauseKind } from './cause-kinds.ts';
import { nameCause } from './name-cause.ts';
import { withAllOf } from './with-all-of.ts';

/** The hold's least share of the rush. */
const LEAST_SHARE = 0.2;
/** The rush's examples after the first wait; its requests that waited. */
const MOSTLY = 0.8;
/** What an overloaded process does. */
const OF_PROCESS: ReadonlySet<CauseKind> = new Set<CauseKind>(['event_loop_blocked', 'memory_pressure', 'cpu_slow']);

/** Requests that waited for a connection go on together: slow ones count with the hold. */
export function withoutRush(known: Known, ranked: Evidence[]): Evidence[] {
  const [first] = ranked;
  const hold = ranked.find(
    (each) => each.requests >= LEAST_SHARE * first!.requests && nameCause(known, each).kind === 'long_hold',
  );
  if (!first || !hold) return ranked;
  const rush = ranked.find((each) => each !== hold && isRush(known, each, hold));
  return rush && (first === hold || first === rush) ? withAllOf(hold, rush, ranked) : ranked;
}

function isRush(known: Known, rush: Evidence, hold: Evidence): boolean {
  if (rush.place.service !== hold.place.service || !OF_PROCESS.has(nameCause(known, rush).kind)) return false;
  const { start } = known.whole.table;
  const firstWait = hold.examples.reduce((first, { met }) => Math.min(first, start[met]!), Infinity);
  const later = rush.examples.filter(({ met }) => start[met]! > firstWait);
  if (later.length < rush.examples.length * MOSTLY) return false;
  const requests = [...rush.shareOf.keys()];
  return requests.filter((request) => hold.shareOf.has(request)).length >= requests.length * MOSTLY;
}
