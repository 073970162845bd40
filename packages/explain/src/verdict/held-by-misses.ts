import { isPoolWait } from '../spans/pool-wait.ts';
import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';

/** Whether a pool's holders missed the cache. Else callers missed together because they waited for the pool. */
export function heldByMisses({ whole: { table }, traces }: Known, { examples }: Evidence): boolean {
  let missed = 0;
  let known = 0;
  for (const { row } of examples) {
    const holder = isPoolWait(table, row) ? table.attributes[row]!.holderTrace : undefined;
    const trace = holder ? table.findTrace(holder.toLowerCase()) : undefined;
    if (trace === undefined) continue;
    known++;
    const rows = traces.rows.subarray(traces.from[trace]!, traces.from[trace + 1]!);
    if (rows.some((at) => table.attributes[at]?.cacheHit === false)) missed++;
  }
  return missed * 2 >= known;
}
