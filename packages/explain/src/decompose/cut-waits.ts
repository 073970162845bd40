import type { KnownAttributes } from '../spans/known-attributes.ts';
import { KIND } from '../spans/span-table.ts';
import type { Decomposed } from './decomposed.ts';

/** Its process ended before the wait; its length is set at its end. */
export function isCutWait({ table }: Decomposed, row: number, { interrupted, pool }: KnownAttributes): boolean {
  if (!interrupted || pool === undefined || table.kind[row] !== KIND.INTERNAL) return false;
  return table.strings.text(table.name[row]!).startsWith('pool.acquire ');
}
