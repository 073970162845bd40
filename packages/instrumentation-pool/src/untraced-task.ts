import { Caller } from '@foreshock/kit';
import type { LimitedTask, PoolState } from './events.ts';
import type { KnownPool } from './known-pool.ts';

const counted: PoolState = { used: 0, idle: 0, pending: 0 };

/** Only its slots count. */
export class UntracedTask extends Caller implements LimitedTask {
  readonly #pool: KnownPool;
  readonly #limiter: object;
  #slots = 0;
  #timeoutMs: number | undefined;

  constructor(pool: KnownPool, limiter: object) {
    super();
    this.#pool = pool;
    this.#limiter = limiter;
  }

  timesOutAfter(ms: number | undefined): void {
    this.#timeoutMs = ms;
  }

  waits(): void {}

  failed(): void {}

  started(slots = 1): void {
    const pool = this.#pool;
    if (pool.timed.size > 0) {
      // Counted already.
      pool.source.count(this.#limiter, counted);
      pool.endTimedOut(counted.used - slots, performance.now());
    }
    this.#slots = slots;
    if (this.#timeoutMs !== undefined) pool.timed.set(this, performance.now() + this.#timeoutMs);
    pool.taskStarted(slots);
    pool.peaks?.granted(pool.source, this.#limiter, false);
  }

  finished(): void {
    if (this.#slots > 0) this.finishedAt();
  }

  finishedAt(now?: number): void {
    const slots = this.#slots;
    this.#slots = 0;
    if (this.#timeoutMs !== undefined) this.#pool.timed.delete(this);
    this.#pool.taskFinished(slots, now);
  }

  endUnseen(): void {
    if (this.#slots === 0) return;
    this.#slots = 0;
    this.#pool.timed.delete(this);
    this.#pool.missTaskEnds();
  }
}
