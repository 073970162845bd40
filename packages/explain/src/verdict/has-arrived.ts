import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';

const MOST_CALLS = 50;

/** Whether the calls reached the service: it has spans within them. */
export function hasArrived({ whole, traces }: Known, { examples, place }: Evidence): boolean {
  const { table } = whole;
  const calls = examples.slice(0, MOST_CALLS).map(({ row }) => row);
  const arrived = calls.filter((call) => {
    if (table.service[call] === place.service) return true;
    const trace = table.trace[call]!;
    const rows = traces.rows.subarray(traces.from[trace]!, traces.from[trace + 1]!);
    const isMet = (row: number): boolean =>
      table.start[row]! < table.end[call]! && table.end[row]! > table.start[call]!;
    return rows.some((row) => table.service[row] === place.service && isMet(row));
  });
  return arrived.length * 2 > calls.length;
}
