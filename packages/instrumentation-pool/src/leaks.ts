import { ROOT_CONTEXT, SpanKind, trace, TraceFlags, type Attributes, type Tracer } from '@opentelemetry/api';
import { detachedTimeout, roundMs } from '@foreshock/kit';
import { POOL_HOLDER_HELD_MS, POOL_HOLDER_OPERATION, POOL_LEAK_SUSPECTED, POOL_NAME } from '@foreshock/kit/names';
import type { LivePools } from './live-pools.ts';
import type { Holding } from './holding.ts';
import type { KnownPool } from './known-pool.ts';

/** Default of FORESHOCK_POOL_LEAK_MS. */
export const DEFAULT_LEAK_MS = 30_000;

/** A leak may be suspected after this part of the limit: 1/6. */
const SUSPICION = 6;

/**
 * Reports each connection held longer than the limit, once: on its holder's span, or after that in its trace. Sooner
 * where callers wait, that span has ended, and the connection is unused.
 */
export class PoolLeaks {
  readonly #pools: LivePools;
  readonly #leakMs: number;
  readonly #suspicionMs: number;
  readonly #tracer: () => Tracer;
  #timer: NodeJS.Timeout | undefined;

  /** @param leakMs 0 = never */
  constructor(pools: LivePools, leakMs: number, tracer: () => Tracer) {
    this.#pools = pools;
    this.#leakMs = leakMs;
    this.#suspicionMs = Math.ceil(leakMs / SUSPICION);
    this.#tracer = tracer;
  }

  lookLater(): void {
    if (this.#timer === undefined && this.#leakMs > 0) this.#arm(this.#suspicionMs);
  }

  #arm(ms: number): void {
    this.#timer = detachedTimeout('looking for leaked connections', this.#look, ms);
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    let next = Infinity;
    for (const [, pool] of this.#pools) {
      const { saturation } = pool;
      const isFull = saturation !== undefined && now - saturation.start >= this.#suspicionMs;
      for (const holding of pool.holdings) {
        if (holding.leakReported) continue;
        const left = this.#leakMs - (now - holding.since);
        if (left > 0) {
          if (!isFull) holding.usesSeen = undefined;
          else if (isSuspect(holding)) this.#report(pool, holding, now, true);
          next = Math.min(next, left, this.#suspicionMs);
          continue;
        }
        holding.leakReported = true;
        this.#report(pool, holding, now, false);
      }
    }
    if (next !== Infinity) this.#arm(Math.ceil(next));
  };

  #report(pool: KnownPool, holding: Holding, now: number, suspected: boolean): void {
    const heldMs = now - holding.since;
    const attributes: Attributes = { [POOL_NAME]: pool.name, [POOL_HOLDER_HELD_MS]: roundMs(heldMs) };
    if (suspected) attributes[POOL_LEAK_SUSPECTED] = true;
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

function isSuspect(holding: Holding): boolean {
  const { span, uses, usesSeen, suspicionReported } = holding;
  // An unsampled span's end is unknown.
  if (suspicionReported || !span || span.isRecording()) return false;
  if (holding.isBusy) {
    holding.usesSeen = undefined;
    return false;
  }
  if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return false;
  holding.usesSeen = uses;
  holding.suspicionReported = usesSeen === uses;
  return holding.suspicionReported;
}
