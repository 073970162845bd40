import type { Calls } from './calls.ts';
import type { Clocks } from './clocks.ts';
import type { SpanTable } from '../spans/span-table.ts';
import type { Trees } from '../spans/trees.ts';
import type { Things } from './access.ts';

export type RaceKind = 'lost_update' | 'check_then_act' | 'double_processing' | 'stale_read';

/** One that happened. */
export interface Race {
  kind: RaceKind;
  /** The span that names the row, key or message. */
  on: number;
  /** Spans in order. */
  rows: number[];
  text: string;
}

export interface Seen {
  table: SpanTable;
  trees: Trees;
  clocks: Clocks;
  calls: Calls;
  things: Things;
}

export type Search = (seen: Seen) => Race[];
