import { PerformanceObserver } from 'node:perf_hooks';
import { guard } from '@foreshock/kit';
import { Pauses } from './pauses.ts';

/** Shorter: scavenges, dozens per second under load. */
const LEAST_PAUSE_MS = 5;

/** Reported after that turn of the loop. */
export class GcPauses {
  readonly pauses: Pauses = new Pauses();
  /** Short ones too. */
  totalMs = 0;
  #isWatching = false;

  /** From the first span: it costs each collection a little. */
  watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    new PerformanceObserver((list) =>
      guard('pauses of the garbage collector', () => {
        for (const { startTime, duration } of list.getEntries()) {
          this.totalMs += duration;
          if (duration >= LEAST_PAUSE_MS) this.pauses.add(startTime, startTime + duration);
        }
      }),
    ).observe({ type: 'gc' });
  }
}
