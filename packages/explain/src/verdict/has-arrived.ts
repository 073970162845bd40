import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';

/** Whether the service has spans within most of the calls. */
export function hasArrived({ whole, traces }: Known, { examples, place }: Evidence): boolean {
  const { table } = whole;
  const isReached = (call: number): boolean => {
    if (table.service[call] === place.service) return true;
    const trace = table.trace[call]!;
    const rows = traces.rows.subarray(traces.from[trace]!, traces.from[trace + 1]!);
    return rows.some(
      (row) =>
        table.service[row] === place.service &&
        table.start[row]! < table.end[call]! &&
        table.end[row]! > table.start[call]!,
    );
  };
  // Rows repeat where many messages waited for one.
  const shares = new Map<number, number>();
  for (const { row, share } of examples) shares.set(row, (shares.get(row) ?? 0) + share);
  let [arrived, all] = [0, 0];
  for (const [row, share] of shares) {
    all += share;
    if (isReached(row)) arrived += share;
  }
  return arrived * 2 > all;
}
