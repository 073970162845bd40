import type { Analysis } from '../analyse.ts';
import type { TimeRow } from './answer.ts';
import { round } from './figures.ts';

const ENOUGH = 0.8;
const MOST = 8;

const SPENT_ON: Record<string, string> = {
  self: 'own work',
  call: 'between caller and server',
  dependency: 'dependency',
  poolWait: 'waiting for a connection',
  poolConnect: 'opening a connection',
  socketWait: 'waiting for a socket',
  queueWait: 'waiting in the queue',
  backOff: 'pause before a retry',
  blocked: 'event loop blocked',
};

/** Where the time of the window's requests went, until 80 % of it is told. */
export function timeTable({ known }: Analysis): TimeRow[] {
  const { table } = known.whole;
  const totals = known.changes
    .map((change) => ({ change, ms: change.meanMs * change.n }))
    .filter(({ ms }) => ms > 0)
    .sort((a, b) => b.ms - a.ms);
  const all = totals.reduce((sum, { ms }) => sum + ms, 0);
  const rows: TimeRow[] = [];
  let told = 0;
  for (const { change, ms } of totals) {
    if (told >= ENOUGH * all || rows.length === MOST) break;
    told += ms;
    const { signal } = change;
    const peer = table.strings.text(signal.peer);
    rows.push({
      service: table.strings.text(signal.service),
      operation: [
        table.strings.text(signal.operation),
        peer && peer !== table.strings.text(signal.operation) ? `→ ${peer}` : '',
      ]
        .filter(Boolean)
        .join(' '),
      spentOn: SPENT_ON[signal.kind] ?? signal.kind,
      ms: round(ms),
      share: round(ms / all, 3),
    });
  }
  return rows;
}
