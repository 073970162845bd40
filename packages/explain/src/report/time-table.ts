import type { Analysis } from '../analyse.ts';
import type { TimeRow } from './answer.ts';
import { round } from './figures.ts';
import { operationOf } from './operation.ts';
import { SPENT_ON } from './spent-on.ts';

const ENOUGH = 0.8;
const MOST = 8;

/** The largest parts, up to 80 %. */
export function timeTable({ known }: Analysis): TimeRow[] {
  const { table } = known.whole;
  const totals = known.changes
    .map((change) => ({ change, ms: change.meanMs * change.n }))
    .filter(({ ms }) => ms > 0)
    .sort((a, b) => b.ms - a.ms);
  const all = totals.reduce((sum, { ms }) => sum + ms, 0);
  const rows: TimeRow[] = [];
  let shown = 0;
  for (const { change, ms } of totals) {
    if (shown >= ENOUGH * all || rows.length === MOST) break;
    shown += ms;
    const { signal } = change;
    rows.push({
      service: table.strings.text(signal.service),
      operation: operationOf(table.strings, signal),
      spentOn: SPENT_ON[signal.kind],
      ms: round(ms),
      share: round(ms / all, 3),
    });
  }
  return rows;
}
