import { Peak } from '@foreshock/kit';
import type { PoolSource, PoolState } from './events.ts';

const state: PoolState = { used: 0, idle: 0, pending: 0 };

/** While metrics are collected. */
export class PoolPeaks {
  readonly used = new Peak();
  readonly pending = new Peak();

  /** @param waited whether the caller just left the line */
  granted(source: PoolSource, pool: object, waited: boolean): void {
    source.count(pool, state);
    this.used.raise(state.used);
    // Some get what is idle.
    const pending = state.pending - Math.min(state.idle, state.pending);
    this.pending.raise(waited ? pending + 1 : pending);
  }
}
