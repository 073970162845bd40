import type { SpanTable } from '../spans/span-table.ts';
import type { Evidence } from '../waits-for/evidence.ts';

const FEWEST_CALLS = 5;
const TOGETHER_MS = 250;
const LEAST_SHARE = 0.6;
/** Their begins must be so much further apart than their ends. */
const TIMES = 4;

/**
 * Whether slow calls that began one after the other ended at one moment: they waited for the same thing to come back, such as
 * a connection, and were not slow each by itself.
 */
export function haveEndedTogether({ start, end }: SpanTable, { examples }: Evidence): boolean {
  const rows = [...new Set(examples.map(({ row }) => row))].sort((a, b) => end[a]! - end[b]!);
  if (rows.length < FEWEST_CALLS) return false;
  for (let from = 0, to = 0; from < rows.length; from++) {
    while (to < rows.length && end[rows[to]!]! - end[rows[from]!]! <= TOGETHER_MS) to++;
    if (to - from < rows.length * LEAST_SHARE) continue;
    const begins = rows.slice(from, to).map((row) => start[row]!);
    if (Math.max(...begins) - Math.min(...begins) >= TOGETHER_MS * TIMES) return true;
  }
  return false;
}
