import { KIND, type SpanTable } from './span-table.ts';

/** A wait for a pool, not the query after it: that has the wait's length, too. */
export function isPoolWait({ attributes, kind, name, strings }: SpanTable, row: number): boolean {
  const known = attributes[row];
  if (known === undefined || kind[row] !== KIND.INTERNAL) return false;
  if (known.isWait) return true;
  // Its process ended before the wait; its length is set at its end.
  return known.interrupted === true && known.pool !== undefined && WAIT.test(strings.text(name[row]!));
}

const WAIT = /^pool\.acquire /;
