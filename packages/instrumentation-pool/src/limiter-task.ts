import { trace } from '@opentelemetry/api';
import { PoolAcquisition } from './acquisition.ts';
import type { LimitedTask, WaitReason } from './events.ts';
import { Holding } from './holding.ts';

/** One task of a limiter, from being given to it to its end. */
export class LimiterTask extends PoolAcquisition implements LimitedTask {
  #holding: Holding | undefined;
  #isRunning = false;

  waits(hindrance?: WaitReason): void {
    if (this.settled || this.wait || this.#isRunning) return;
    // No trace begins with a wait for a limiter: whoever is not traced sees none.
    if (trace.getSpan(this.where)) this.beginWait(hindrance);
  }

  override failed(error: unknown, timedOut = false): void {
    // Refused at once: the wait of no length says what the limiter's state was.
    this.waits();
    if (this.wait) super.failed(error, timedOut);
    this.settled = true;
  }

  started(): void {
    if (this.settled) return;
    const now = performance.now();
    const { pool } = this;
    this.settle(now);
    this.#isRunning = true;
    const span = trace.getSpan(this.where);
    this.wait?.granted(now);
    pool.taskStarted(now);
    if (!span) return;
    this.#holding = new Holding(pool);
    this.#holding.begin(pool, now, span, this);
  }

  finished(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    const now = performance.now();
    this.pool.taskFinished(now);
    const holding = this.#holding;
    if (!holding) return;
    holding.end(now);
    this.pool.lastReturned = holding;
    this.pool.saturation?.released(holding.holder(now));
  }

  endUnseen(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.pool.missTaskEnds();
    this.#holding?.end(performance.now());
  }
}
