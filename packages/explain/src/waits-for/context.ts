import type { Failures } from '../changes/failures.ts';
import type { TimeChange } from '../changes/time-changes.ts';
import type { CallCounts } from '../changes/call-counts.ts';
import type { Decomposed } from '../decompose/decomposed.ts';
import type { Window } from '../window/choose.ts';
import type { RowsOfTraces } from '../spans/rows-of-traces.ts';

export interface Known {
  whole: Decomposed;
  window: Window;
  /** Baseline, window or neither. */
  phases: Uint8Array;
  changes: TimeChange[];
  failures: Failures;
  calls: CallCounts;
  /** The cause of a slow `call`, by signal. */
  edgeOwners: Map<number, number>;
  /** Services that report their waits. */
  withPools: ReadonlySet<number>;
  speaking: Set<number>;
  traces: RowsOfTraces;
  /** By the first row. */
  samplesOf(entry: number): Int32Array;
}
