import { KIND } from '../spans/span-table.ts';
import { deployments, processGap, SLACK_MS } from '../waits-for/process-gaps.ts';
import type { CauseKind } from './cause-kinds.ts';
import type { Reading } from './named-cause.ts';

/** What it names. */
export const DEATHS: ReadonlySet<CauseKind> = new Set<CauseKind>(['process_died', 'memory_pressure']);
/** What callers and waiters see of a process's end. */
const LOOKS = new Set([
  'dependency_unreachable',
  'dependency_errors',
  'slow_dependency',
  'network_slow',
  'queue_backlog',
]);
const LEAST_SHARE = 0.6;
/** A recorded death explains this much, if deployments explain the rest. */
const LEAST_BESIDE_DEPLOYMENTS = 0.3;

/** Failures between a process's end and its replacement, or a recorded end. Idle processes are silent, too. */
export const processDeath: Reading = (known, { place, examples, mostly }, kind) => {
  if (!LOOKS.has(kind)) return undefined;
  const { table } = known.whole;
  const isQueue = table.strings.text(place.resource).startsWith('queue ');
  // A resource's processes are unknown.
  if (place.resource !== 0 && !isQueue) return undefined;
  const gap = processGap(table, known.window, place.service);
  if (!gap) return undefined;
  const isWithin = (row: number, { from, to }: { from: number; to: number } = gap): boolean => {
    const waited = table.kind[row] === KIND.CONSUMER ? (table.attributes[row]?.queueWaitMs ?? 0) : 0;
    return table.start[row]! - waited <= to + SLACK_MS && table.end[row]! >= from - SLACK_MS;
  };
  const rows = isQueue ? mostly : [...new Set(examples.map(({ met }) => met))];
  const explained = rows.filter((row) => isWithin(row)).length;
  if (explained < rows.length * (gap.isOfMemory ? LEAST_BESIDE_DEPLOYMENTS : LEAST_SHARE)) return undefined;
  if (explained < rows.length * LEAST_SHARE) {
    const restarts = deployments(table, place.service);
    const isMet = (row: number): boolean => isWithin(row) || restarts.some((each) => isWithin(row, each));
    if (rows.filter(isMet).length < rows.length * LEAST_SHARE) return undefined;
  }
  return {
    kind: gap.isOfMemory ? 'memory_pressure' : 'process_died',
    place: { service: place.service, resource: 0 },
    detail: gap.detail,
    onset: { at: gap.from, plusMinusMs: 0 },
  };
};
