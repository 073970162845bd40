import { trace } from '@opentelemetry/api';
import { PoolAcquisition } from './acquisition.ts';
import type { LimitedTask, PoolState, WaitReason } from './events.ts';
import { Holding } from './holding.ts';

const counted: PoolState = { used: 0, idle: 0, pending: 0 };

export class LimiterTask extends PoolAcquisition implements LimitedTask {
  #holding: Holding | undefined;
  #isRunning = false;
  #slots = 1;
  #timeoutMs: number | undefined;

  timesOutAfter(ms: number | undefined): void {
    this.#timeoutMs = ms;
  }

  waits(hindrance?: WaitReason): void {
    if (!this.settled && !this.wait && !this.#isRunning) this.beginWait(hindrance);
  }

  override failed(error: unknown, timedOut = false): void {
    // Rejected: zero-length, with the state.
    this.waits();
    super.failed(error, timedOut);
  }

  started(slots = 1): void {
    if (this.settled) return;
    const now = performance.now();
    const { pool } = this;
    if (pool.timed.size > 0) {
      // Counted already.
      pool.source.count(this.poolObject, counted);
      pool.endTimedOut(counted.used - slots, now);
    }
    this.settle(now, true);
    this.#isRunning = true;
    this.#slots = slots;
    if (this.#timeoutMs !== undefined) pool.timed.set(this, now + this.#timeoutMs);
    this.wait?.granted(now);
    pool.taskStarted(slots, now);
    this.#holding = new Holding(pool);
    this.#holding.begin(pool, now, trace.getSpan(this.context), this);
  }

  finished(): void {
    if (this.#isRunning) this.finishedAt(performance.now());
  }

  finishedAt(now: number): void {
    this.#isRunning = false;
    this.pool.timed.delete(this);
    this.pool.taskFinished(this.#slots, now);
    const holding = this.#holding;
    if (!holding) return;
    holding.end(now);
    this.pool.lastReturned = holding;
    this.pool.saturation?.released(holding.holder(now));
  }

  endUnseen(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.pool.timed.delete(this);
    this.pool.missTaskEnds();
    this.#holding?.end(performance.now());
  }
}
