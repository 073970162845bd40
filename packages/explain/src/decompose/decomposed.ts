import type { CorrectedClock } from '../spans/clocks.ts';
import type { SpanTable } from '../spans/span-table.ts';
import type { Trees } from '../spans/trees.ts';
import type { AddressOwners } from './address-owners.ts';
import type { Clipped } from './clipping.ts';
import type { Signals } from './signals.ts';

export interface Decomposed {
  table: SpanTable;
  trees: Trees;
  clocks: CorrectedClock[];
  clipped: Clipped;
  /** Milliseconds on the critical path, by span. */
  exclusive: Float64Array;
  /** A call's server span, or -1. */
  remote: Int32Array;
  owners: AddressOwners;
  signals: Signals;
}
