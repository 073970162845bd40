import { KIND, type SpanTable } from '../spans/span-table.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import { mainExamples } from './main-examples.ts';

const FEWEST_CALLS = 5;
export const TOGETHER_MS = 250;
const LEAST_SHARE = 0.6;
/** Least ratio of the starts' spread to the ends'. */
const TIMES = 4;
/** Enough to show that the target was present. */
const FEWEST_ANSWERED = 3;

/**
 * Slow calls that ended together, with none answered before, waited for one event, such as a reconnection. If others
 * were answered: perhaps a lock.
 */
export function haveEndedTogether(table: SpanTable, evidence: Evidence): boolean {
  const { start, end, kind } = table;
  // A caller's own time may count as its wait.
  const calls = mainExamples(evidence).filter(({ row }) => kind[row] === KIND.CLIENT);
  const together = mostEndTogether(table, [...new Set(calls.map(({ row }) => row))]);
  if (!together) return false;
  const first = Math.min(...together.map((row) => start[row]!));
  return answeredBetween(table, together[0]!, first, end[together[0]!]! - TOGETHER_MS) < FEWEST_ANSWERED;
}

/** Of calls that started one by one, those that ended at one time, if most; by end. */
export function mostEndTogether({ start, end }: SpanTable, calls: number[]): number[] | undefined {
  const rows = calls.toSorted((a, b) => end[a]! - end[b]!);
  if (rows.length < FEWEST_CALLS) return undefined;
  for (let from = 0, to = 0; from < rows.length; from++) {
    while (to < rows.length && end[rows[to]!]! - end[rows[from]!]! <= TOGETHER_MS) to++;
    if (to - from < rows.length * LEAST_SHARE) continue;
    const begins = rows.slice(from, to).map((row) => start[row]!);
    if (Math.max(...begins) - Math.min(...begins) >= TOGETHER_MS * TIMES) return rows.slice(from, to);
  }
  return undefined;
}

/** Successes of the same service and target. */
function answeredBetween(table: SpanTable, call: number, from: number, to: number): number {
  let answered = 0;
  for (let row = 0; row < table.size; row++) {
    if (table.target[row] !== table.target[call] || table.service[row] !== table.service[call]) continue;
    if (table.failed[row] === 0 && table.start[row]! > from && table.end[row]! < to) answered++;
  }
  return answered;
}
