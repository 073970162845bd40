import type { Failures } from '../changes/failures.ts';
import type { TimeChange } from '../changes/time-changes.ts';
import type { CallCounts } from '../changes/call-counts.ts';
import type { Decomposed } from '../decompose/decompose.ts';
import type { Window } from '../window/choose.ts';
import type { RowsOfTraces } from './rows-of-traces.ts';

/** All that is known when waits are followed. */
export interface Known {
  whole: Decomposed;
  window: Window;
  /** Of each row: baseline, window or neither. */
  phases: Uint8Array;
  changes: TimeChange[];
  failures: Failures;
  calls: CallCounts;
  /** The service to blame for a slow `call`, by signal. */
  edgeOwners: Map<number, number>;
  /** Services that say what they wait for. */
  withPools: ReadonlySet<number>;
  /** Services that have spans of their own. */
  speaking: Set<number>;
  traces: RowsOfTraces;
  /** Samples of each request, by the row that it begins with. */
  samplesOf(entry: number): Int32Array;
}
