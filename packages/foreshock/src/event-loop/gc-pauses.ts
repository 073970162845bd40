import { PerformanceObserver } from 'node:perf_hooks';
import { guard } from '@foreshock/kit';
import { Pauses } from './pauses.ts';

/** Shorter pauses are everyday: a scavenge takes one or two, and there are dozens a second under load. */
const LEAST_PAUSE_MS = 5;

/** Knows when the garbage collector stopped this thread; told by Node after the turn of the loop in which it did. */
export class GcPauses {
  readonly pauses: Pauses = new Pauses();

  constructor() {
    new PerformanceObserver((list) =>
      guard('pauses of the garbage collector', () => {
        for (const { startTime, duration } of list.getEntries()) {
          if (duration >= LEAST_PAUSE_MS) this.pauses.add(startTime, startTime + duration);
        }
      }),
    ).observe({ type: 'gc' });
  }
}
