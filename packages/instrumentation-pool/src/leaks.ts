import { SpanKind, trace, ROOT_CONTEXT, type Attributes, type Tracer } from '@opentelemetry/api';
import { detachedTimeout, roundMs } from '@foreshock/kit';
import { POOL_HOLDER_HELD_MS, POOL_HOLDER_OPERATION, POOL_NAME } from '@foreshock/kit/names';
import type { LivePools } from './live-pools.ts';
import type { Holding } from './holding.ts';
import type { KnownPool } from './known-pool.ts';

/** Default of FORESHOCK_POOL_LEAK_MS. */
export const DEFAULT_LEAK_MS = 30_000;

/**
 * Tells, once, of each connection that has been out longer than the limit: as an event on the span that took it
 * while that is open, else as a span in its trace. One timer for all pools, running only while something is out.
 */
export class PoolLeaks {
  readonly #pools: LivePools;
  readonly #leakMs: number;
  readonly #tracer: () => Tracer;
  #timer: NodeJS.Timeout | undefined;

  /** @param leakMs 0 = look for none */
  constructor(pools: LivePools, leakMs: number, tracer: () => Tracer) {
    this.#pools = pools;
    this.#leakMs = leakMs;
    this.#tracer = tracer;
  }

  /** A connection went out. */
  watch(): void {
    if (this.#timer === undefined && this.#leakMs > 0) this.#arm(this.#leakMs);
  }

  #arm(ms: number): void {
    this.#timer = detachedTimeout('looking for leaked connections', this.#look, ms);
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    let next = Infinity;
    for (const [, pool] of this.#pools) {
      for (const holding of pool.holdings) {
        if (holding.leakReported) continue;
        const left = this.#leakMs - (now - holding.since);
        if (left <= 0) this.#report(pool, holding, now);
        else next = Math.min(next, left);
      }
    }
    if (next !== Infinity) this.#arm(Math.ceil(next));
  };

  #report(pool: KnownPool, holding: Holding, now: number): void {
    holding.leakReported = true;
    const heldMs = now - holding.since;
    const attributes: Attributes = { [POOL_NAME]: pool.name, [POOL_HOLDER_HELD_MS]: roundMs(heldMs) };
    if (holding.operation !== undefined) attributes[POOL_HOLDER_OPERATION] = holding.operation;
    if (holding.span?.isRecording()) {
      holding.span.addEvent('pool.leak', attributes);
      return;
    }
    const where = holding.span ? trace.setSpanContext(ROOT_CONTEXT, holding.span.spanContext()) : ROOT_CONTEXT;
    const startTime = Date.now() - heldMs;
    this.#tracer()
      .startSpan(`pool.leak ${pool.label}`, { kind: SpanKind.INTERNAL, startTime, attributes }, where)
      .end();
  }
}
