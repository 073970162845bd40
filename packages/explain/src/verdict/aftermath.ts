import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import { placeKey } from '../waits-for/place.ts';
import { nameCause } from './name-cause.ts';
import { DEATHS } from './process-death.ts';
import { withAllOf } from './with-all-of.ts';

/** The least share of its aftermath that a process's end explains. */
const LEAST_SHARE = 0.2;
/** Of the aftermath's examples, those that waited in the dead consumer's queue. */
const MOSTLY = 0.5;

/**
 * Messages left by a dead consumer are worked off in a rush: requests that wait meanwhile count with the end of the
 * process.
 */
export function withoutAftermath(known: Known, ranked: Evidence[]): Evidence[] {
  const { table } = known.whole;
  const [first] = ranked;
  const end = ranked.find(
    (each) =>
      each !== first &&
      each.requests >= LEAST_SHARE * first!.requests &&
      table.strings.text(each.place.resource).startsWith('queue ') &&
      DEATHS.has(nameCause(known, each).kind),
  );
  if (!first || !end || !isAfter(known, first, end)) return ranked;
  return withAllOf(end, first, ranked);
}

/** Whether it began later, through the same queue. */
function isAfter(known: Known, { examples }: Evidence, end: Evidence): boolean {
  const { onset } = nameCause(known, end);
  const queue = placeKey(end.place);
  const waited = examples.filter(({ through }) => through.some((place) => placeKey(place) === queue));
  if (waited.length < examples.length * MOSTLY || !onset) return false;
  return examples.every(({ row }) => known.whole.table.start[row]! > onset.at);
}
