import { processGap, SLACK_MS } from '../waits-for/process-gaps.ts';
import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import { nameCause, nameWith } from './name-cause.ts';
import { recordedDeaths } from './recorded-deaths.ts';
import { withAllOf } from './with-all-of.ts';

/** The change must explain this share of what the restart does. */
const LEAST_SHARE = 0.2;
/** Of the failures met between both processes. */
const MOSTLY = 0.6;
const MET_BY_RESTART = new Set(['dependency_unreachable', 'dependency_errors', 'process_died']);

/**
 * A service restarted for a new configuration answers nobody: its failures count with the change. A process that died
 * by itself is a cause.
 */
export function withoutRestart(known: Known, ranked: Evidence[]): Evidence[] {
  const { table } = known.whole;
  const [first] = ranked;
  const service = first?.place.service;
  const change = ranked.find(
    (each) =>
      each !== first &&
      each.place.service === service &&
      each.requests >= LEAST_SHARE * first!.requests &&
      nameCause(known, each).kind === 'config_change',
  );
  if (!first || !change || first.place.resource !== 0) return ranked;
  if (!MET_BY_RESTART.has(nameCause(known, first).kind)) return ranked;
  const gap = processGap(table, known.window, first.place.service);
  const { onset } = nameCause(known, change);
  if (!gap || !onset || onset.at + onset.plusMinusMs < gap.from) return ranked;
  if (recordedDeaths(table).some((row) => table.service[row] === service)) return ranked;
  const failed = first.examples.filter(({ met }) => table.failed[met] === 1);
  const between = failed.filter(
    ({ met }) => table.end[met]! >= gap.from - SLACK_MS && table.start[met]! <= gap.to + SLACK_MS,
  );
  if (between.length < Math.max(1, failed.length * MOSTLY)) return ranked;
  nameWith(known, change, ', as it was started anew');
  return withAllOf(change, first, ranked);
}
