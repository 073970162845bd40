import { isPoolWait } from '../spans/pool-wait.ts';
import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import { largest } from './largest.ts';
import { nameCause } from './name-cause.ts';
import { withAllOf } from './with-all-of.ts';

/** The hold's least share of what its holders' own time explains. */
const LEAST_SHARE = 0.1;
/** Waits for the slow requests themselves. */
const MOSTLY = 0.5;

/** Requests that work long with a connection make others wait: one cause, however few waited. */
export function withOwnHolders(known: Known, ranked: Evidence[]): Evidence[] {
  const [first] = ranked;
  if (!first || !isOwnTime(known, first)) return ranked;
  const hold = ranked.find(
    (each) =>
      each !== first &&
      each.place.service === first.place.service &&
      each.requests >= LEAST_SHARE * first.requests &&
      nameCause(known, each).kind === 'long_hold',
  );
  return hold && areHolders(known, first, hold) ? withAllOf(hold, first, ranked) : ranked;
}

function isOwnTime(known: Known, first: Evidence): boolean {
  if (first.place.resource !== 0 || nameCause(known, first).kind !== 'slow_dependency') return false;
  const main = largest(first.bySignal);
  return main !== undefined && known.changes[main]!.signal.kind === 'self';
}

function areHolders({ whole: { table } }: Known, first: Evidence, hold: Evidence): boolean {
  const slow = new Set(first.examples.map(({ row }) => table.trace[row]!));
  const waits = hold.examples.filter(({ row }) => isPoolWait(table, row));
  const forThem = waits.filter(({ row }) => {
    const holder = table.attributes[row]?.holderTrace;
    const trace = holder ? table.findTrace(holder.toLowerCase()) : undefined;
    return trace !== undefined && slow.has(trace);
  });
  return forThem.length > 0 && forThem.length >= waits.length * MOSTLY;
}
