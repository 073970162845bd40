import { KIND, type SpanTable } from '../spans/span-table.ts';
import { buildTrees, type Trees } from '../spans/trees.ts';
import { thingsOf } from './access.ts';
import { Calls } from './calls.ts';
import { checksThenActs } from './check-then-act.ts';
import { Clocks } from './clocks.ts';
import { doubleProcessing } from './double-processing.ts';
import type { Race, Search, Seen } from './finding.ts';
import { lostUpdates } from './lost-update.ts';
import { staleReads } from './stale-read.ts';
import { Transactions } from './transactions.ts';

const SEARCHES: Search[] = [lostUpdates, checksThenActs, doubleProcessing, staleReads];

export interface Races {
  races: Race[];
  seen: Seen;
  messages: number;
}

/** Calls of different requests to one key, row or message that conflict (README.md). */
export function findRaces(table: SpanTable): Races {
  const trees = buildTrees(table);
  const transactions = new Transactions(table);
  const seen: Seen = {
    table,
    trees,
    clocks: new Clocks(table, trees),
    calls: new Calls(table, trees, transactions),
    things: thingsOf(table, trees, transactions),
  };
  return { races: SEARCHES.flatMap((search) => search(seen)), seen, messages: messagesIn(table, trees) };
}

function messagesIn({ size, kind, attributes }: SpanTable, { duplicate }: Trees): number {
  let messages = 0;
  for (let row = 0; row < size; row++)
    if (kind[row] === KIND.CONSUMER && duplicate[row] === 0 && attributes[row]?.messageId !== undefined) messages++;
  return messages;
}
