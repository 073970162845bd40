import type { SpanTable } from '../spans/span-table.ts';

/** The end of the input. */
export function latestOf({ size, end }: SpanTable): number {
  let latest = 0;
  for (let row = 0; row < size; row++) latest = Math.max(latest, end[row]!);
  return latest;
}
