import type { TimeChange } from '../changes/time-changes.ts';
import { KIND, type SpanTable } from '../spans/span-table.ts';
import type { Known } from '../waits-for/context.ts';
import { bump, type Evidence } from '../waits-for/evidence.ts';
import { mostEndTogether, TOGETHER_MS } from './ended-together.ts';
import { largest, sumOf } from './largest.ts';
import { mainExamples } from './main-examples.ts';
import type { Reading } from './named-cause.ts';

/** Time-outs and deadlocks of Postgres, MySQL, SQL Server, Oracle. */
const LOCK_ERROR =
  /^(?:55P03|40P01|1205|1213|1222|ORA-00054|ORA-00060|ORA-30006)$|LOCK_WAIT|LOCK_NOWAIT|LOCK_DEADLOCK|DEADLOCK|SQLITE_BUSY|SQLITE_LOCKED|lock.?(?:wait|time.?out)|WriteConflict/i;

/** Statements that make readers wait, too. */
const LOCKS_TABLE = /^(?:lock|alter|truncate|drop|reindex|cluster|create index)\b/i;
const WRITES = /^(?:update|delete|insert|merge|replace|lock)\b|for (?:no key )?update/i;
const ENDS = /^(?:commit|rollback|end)\b/i;

const FEWEST_CALLS = 5;
const MOST_CALLS = 50;
const LEAST_SHARE = 0.6;
/** A lock is granted soon after its holder's transaction ends. */
const SOON_MS = 30;
const EARLY_MS = 5;
/** Other moments of each wait at which a transaction ended by chance; their share of real hits. */
const OTHER_MOMENTS = [0.2, 0.4, 0.6, 0.8];
const MOST_BY_CHANCE = 0.4;
/** Most slowdown of other calls, as a share of the waiting statements'. */
const MOST_OTHERS = 0.3;

/** Statements waited for another transaction on their table; the database was as fast as usual. */
export const lockWait: Reading = (known, evidence, kind) => {
  const { strings } = known.whole.table;
  const error = largest(evidence.byError) ?? '';
  if (LOCK_ERROR.test(error)) return { kind: 'lock_wait', place: evidence.place, detail: `error ${error}` };
  if (kind !== 'slow_dependency' || evidence.place.resource === 0) return undefined;
  const rows = slowStatements(known, evidence);
  if (rows.length < FEWEST_CALLS || othersAreSlow(known, evidence, rows)) return undefined;
  const holders = new Map<number, number>();
  const ends = transactionEnds(known.whole.table, known.whole.table.target[rows[0]!]!);
  const { start, end, name } = known.whole.table;
  const usualMs = known.changes[largest(evidence.bySignal)!]!.p95BeforeMs;
  let byChance = 0;
  for (const row of rows) {
    const soonMs = SOON_MS + usualMs + pausesOf(known.whole.table, row);
    const holder = holderOf(known, ends, row, end[row]!, soonMs);
    if (holder >= 0) bump(holders, name[known.whole.clipped.entry[holder]!]!, 1);
    for (const share of OTHER_MOMENTS) {
      const moment = start[row]! + share * (end[row]! - start[row]!);
      if (holderOf(known, ends, row, moment, soonMs) >= 0) byChance += 1 / OTHER_MOMENTS.length;
    }
  }
  const found = sumOf(holders);
  if (found < rows.length * LEAST_SHARE || byChance > found * MOST_BY_CHANCE) {
    if (!wereLetGoTogether(known, rows)) return undefined;
    return { kind: 'lock_wait', place: evidence.place, detail: UNSEEN };
  }
  const by = strings.text(largest(holders)!);
  return { kind: 'lock_wait', place: evidence.place, detail: `until the transaction of \`${by}\` ended` };
};

const UNSEEN = 'they ended together, and others were answered before; who held the lock is not in the input';
/** Waiting already, when another statement is sent that is answered; a database that hangs answers none. */
const WAITING_BEFORE = 3;
const FEWEST_ANSWERED = 3;

/** A session without spans may hold the lock. */
function wereLetGoTogether({ whole: { table }, changes }: Known, rows: number[]): boolean {
  const { start, end, target, name, failed, kind, service } = table;
  const together = mostEndTogether(table, rows);
  if (!together) return false;
  const waiting = together.map((row) => start[row]!).sort((a, b) => a - b)[WAITING_BEFORE - 1]!;
  const letGo = end[together[0]!]!;
  const names = new Set(together.map((row) => name[row]!));
  let answered = 0;
  for (let row = 0; row < table.size; row++) {
    if (target[row] !== target[together[0]!] || kind[row] !== KIND.CLIENT || names.has(name[row]!)) continue;
    if (start[row]! > waiting) {
      if (failed[row] === 0 && end[row]! < letGo) answered++;
    } else if (service[row] === service[together[0]!] && Math.abs(end[row]! - letGo) < TOGETHER_MS) {
      // They may have been behind it, on one connection, unless it waited like them.
      if (!isSlower(table, changes, row)) return false;
    }
  }
  return answered >= FEWEST_ANSWERED;
}

function isSlower({ service, name }: SpanTable, changes: TimeChange[], row: number): boolean {
  return changes.some(
    ({ signal, excessMs, isNew }) =>
      signal.kind === 'dependency' &&
      signal.service === service[row] &&
      signal.operation === name[row] &&
      excessMs > 0 &&
      !isNew,
  );
}

function slowStatements({ whole: { table, signals } }: Known, evidence: Evidence): number[] {
  const rows = new Set<number>();
  for (const { row, signal } of mainExamples(evidence)) {
    if (signal === undefined || signals.all[signal]!.kind !== 'dependency') continue;
    if (table.attributes[row]?.isDatabase && !ENDS.test(table.strings.text(table.name[row]!))) rows.add(row);
  }
  return [...rows].slice(0, MOST_CALLS);
}

function othersAreSlow({ whole: { table }, changes }: Known, { place }: Evidence, rows: number[]): boolean {
  const names = new Set(rows.map((row) => table.name[row]!));
  let [slow, others] = [0, 0];
  let [n, m] = [0, 0];
  for (const { signal, excessMs, n: calls } of changes) {
    if (signal.kind !== 'dependency' || signal.peer !== place.resource || calls === 0) continue;
    if (ENDS.test(table.strings.text(signal.operation))) continue;
    if (names.has(signal.operation)) [slow, n] = [slow + excessMs, n + calls];
    else [others, m] = [others + excessMs, m + calls];
  }
  return m > 0 && others / m > MOST_OTHERS * (slow / n);
}

function transactionEnds(table: SpanTable, target: number): number[] {
  const rows: number[] = [];
  for (let row = 0; row < table.size; row++) {
    if (table.target[row] === target && ENDS.test(table.strings.text(table.name[row]!))) rows.push(row);
  }
  return rows;
}

function pausesOf({ attributes }: SpanTable, row: number): number {
  return (attributes[row]?.blockedMs ?? 0) + (attributes[row]?.gcMs ?? 0);
}

/** Another transaction's end at a moment of the wait, or -1. */
function holderOf(
  { whole: { table }, traces }: Known,
  ends: number[],
  row: number,
  moment: number,
  soonMs: number,
): number {
  const waiting = table.strings.text(table.name[row]!);
  const about = subjectOf(table.attributes[row]?.collection, waiting);
  const isHolder = (end: number, other: number): boolean => {
    if (table.service[other] !== table.service[end] || table.target[other] !== table.target[row]) return false;
    const name = table.strings.text(table.name[other]!);
    if (table.start[other]! > table.start[row]!) return false;
    if (!LOCKS_TABLE.test(name) && !(WRITES.test(name) && WRITES.test(waiting))) return false;
    return subjectOf(table.attributes[other]?.collection, name) === about;
  };
  for (const end of ends) {
    const after = moment - table.end[end]!;
    if (after < -EARLY_MS || after > soonMs || table.trace[end] === table.trace[row]) continue;
    const trace = table.trace[end]!;
    const rows = traces.rows.subarray(traces.from[trace]!, traces.from[trace + 1]!);
    if (rows.some((other) => isHolder(end, other))) return end;
  }
  return -1;
}

function subjectOf(collection: string | undefined, name: string): string {
  return collection ?? name.split(' ').at(-1)!;
}
