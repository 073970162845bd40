import { isPause } from '../decompose/signals.ts';
import type { Known } from './context.ts';
import type { Share } from './evidence.ts';
import { holderActivity, type HolderActivity } from './holders.ts';
import { holdingFor } from './holding.ts';
import type { Place } from './place.ts';
import { poolLabel } from '../spans/pool-label.ts';
import { placeOfSignal } from './place-of-signal.ts';

const DEEPEST = 4;

/** So much slower than usual, a holder caused the wait. */
const TIMES = 1.5;

/** A holder as fast as usual explains a wait only with this share. */
const LONG_SHARE = 0.3;

/** Shorter holds are usual. */
const LONG_MS = 250;

/** The holder's work, else the pool. */
export function followWait(
  known: Known,
  wait: number,
  share: number,
  ms: number,
  met: number = wait,
  through: Place[] = [],
): Share[] {
  const { table, signals } = known.whole;
  const place = { service: table.service[wait]!, resource: poolOf(known, wait) };
  const activity = holderActivity(known, wait);
  const stays = (note: string): Share[] => [
    {
      place,
      row: wait,
      share,
      ms,
      holder: activity.operation,
      holding: holdingFor(known, place, activity),
      note,
      isTied: activity.operation !== '',
      met,
      through,
    },
  ];
  const isCycle = through.some((each) => each.service === place.service && each.resource === place.resource);
  if (isCycle) return stays('cycle');
  if (through.length >= DEEPEST) return stays('deep');
  if (activity.hadEnded) return stays('ended');
  const length = table.end[wait]! - table.start[wait]!;
  const passed: Share[] = [];
  let passedMs = 0;
  for (const { at, ms: spentMs } of activity.samples) {
    const change = known.changes[signals.signal[at]!]!;
    const row = signals.row[at]!;
    const { kind, service, peer } = change.signal;
    // Most of the hold went to getting another connection; else it got this one so.
    const isForPool = kind === 'poolWait' || (service === place.service && peer === place.resource);
    if (isForPool && !(spentMs >= Math.min(length, table.end[wait]! - activity.since) / 2)) continue;
    if (kind === 'poolWait') {
      if (!(table.start[row]! >= activity.since && table.start[row]! <= activity.until)) continue;
      const deeper = followWait(known, row, share, ms, met, [...through, place]);
      if (deeper.length > 0) return deeper;
      continue;
    }
    // Its own work is why it held the connection.
    if (kind === 'self' && service === place.service) continue;
    const isSlower = change.excessMs > 0 && !change.isNew && change.meanMs > TIMES * change.meanBeforeMs;
    if (!isSlower || signals.ms[at]! <= change.p95BeforeMs) continue;
    passedMs += spentMs;
    passed.push({
      place: placeOfSignal(known, change.signal),
      row,
      share: spentMs,
      ms: spentMs,
      signal: change.signal.id,
      holder: activity.operation,
      isTied: true,
      met,
      through: [...through, place],
    });
  }
  // Several may have held it meanwhile: only this hold counts.
  const heldMs = table.attributes[wait]?.holderHeldMs ?? length;
  if (passedMs >= heldMs * LONG_SHARE) {
    for (const each of passed) each.share *= share / passedMs;
    return passed;
  }
  return stays(isLong(known, activity, wait) ? 'long' : 'full');
}

/** Not by a stopped process. */
function isLong({ whole }: Known, { operation, samples }: HolderActivity, wait: number): boolean {
  const { table, signals } = whole;
  const isOfPause = ({ at }: { at: number }): boolean => isPause(signals.all[signals.signal[at]!]!);
  const pausedMs = samples.filter(isOfPause).reduce((sum, { ms }) => sum + ms, 0);
  const held = (table.attributes[wait]?.holderHeldMs ?? 0) - pausedMs;
  const longest = samples.find((sample) => !isOfPause(sample))?.ms ?? 0;
  const length = table.end[wait]! - table.start[wait]!;
  return operation !== '' && (held >= LONG_MS || longest >= Math.max(LONG_MS, length * LONG_SHARE));
}

export function poolOf({ whole }: Known, wait: number): number {
  return whole.table.strings.id(`pool ${poolLabel(whole.table.attributes[wait]?.pool ?? '')}`);
}
