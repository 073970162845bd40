import type { Analysis } from '../analyse.ts';
import { poolLabel } from '../spans/pool-label.ts';
import { isPoolWait } from '../spans/pool-wait.ts';
import type { Known } from '../waits-for/context.ts';
import { holderName } from '../waits-for/holders.ts';
import { bump } from '../waits-for/evidence.ts';
import type { PoolRow } from './answer.ts';
import { iso, round } from './figures.ts';

const MOST = 4;
const MOST_HOLDERS = 3;
/** Shorter waits are usual for a pool. */
const LEAST_MS = 20;

/** Longest waits first. */
export function poolsOf({ known }: Analysis): PoolRow[] {
  const { table } = known.whole;
  const { from, to } = known.window;
  const waits = new Map<string, number[]>();
  table.attributes.forEach((attributes, row) => {
    if (attributes?.waitReason !== 'queue' || !isPoolWait(table, row)) return;
    if (table.end[row]! < from || table.start[row]! > to || table.end[row]! - table.start[row]! < LEAST_MS) return;
    const key = `${table.service[row]} ${poolLabel(attributes.pool ?? '')}`;
    const rows = waits.get(key);
    if (rows) rows.push(row);
    else waits.set(key, [row]);
  });
  return [...waits.values()]
    .map((rows) => poolOf(known, rows))
    .sort((a, b) => b.longestWaitMs - a.longestWaitMs)
    .slice(0, MOST);
}

function poolOf(known: Known, rows: number[]): PoolRow {
  const { table } = known.whole;
  const holders = new Map<string, number>();
  let [limit, longest, from, to] = [0, 0, Infinity, 0];
  for (const row of rows) {
    const ms = table.end[row]! - table.start[row]!;
    const { poolLimit } = table.attributes[row]!;
    const holder = holderName(known, row);
    limit = Math.max(limit, poolLimit ?? 0);
    longest = Math.max(longest, ms);
    from = Math.min(from, table.start[row]!);
    to = Math.max(to, table.end[row]!);
    if (holder) bump(holders, holder, ms);
  }
  return {
    service: table.strings.text(table.service[rows[0]!]!),
    pool: poolLabel(table.attributes[rows[0]!]!.pool ?? ''),
    limit: limit || null,
    waits: rows.length,
    longestWaitMs: round(longest),
    from: iso(from),
    to: iso(to),
    holders: [...holders]
      .sort(([, a], [, b]) => b - a)
      .slice(0, MOST_HOLDERS)
      .map(([operation]) => operation),
  };
}
