import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import { placeKey } from '../waits-for/place.ts';
import { nameCause } from './name-cause.ts';
import { DEATHS } from './process-death.ts';
import { withAllOf } from './with-all-of.ts';

/** The end of a process must explain this share of what its aftermath does. */
const LEAST_SHARE = 0.2;
/** Of the examples of the aftermath, those that waited in the queue of the dead consumer. */
const MOSTLY = 0.5;

/**
 * Messages that waited while no consumer was there are worked off in a rush, of which something else may fail or wait.
 * What began so is no cause of its own: its requests count with the end of the process.
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

/** Whether it began after the end, and is met through the same queue. */
function isAfter(known: Known, { examples }: Evidence, end: Evidence): boolean {
  const { onset } = nameCause(known, end);
  const queue = placeKey(end.place);
  const waited = examples.filter(({ through }) => through.some((place) => placeKey(place) === queue));
  if (waited.length < examples.length * MOSTLY || !onset) return false;
  return examples.every(({ row }) => known.whole.table.start[row]! > onset.at);
}
