import { context, trace, type Meter } from '@opentelemetry/api';
import { offerState, rememberedHolding, type InstrumentationConfig, type Telemetry } from '@foreshock/kit';
import { carrierOf, threadTaskOf } from './task-carrier.ts';
import { PoolAcquisition, type AcquisitionBoundary } from './acquisition.ts';
import type { PoolEvents, PoolSource, PoolState } from './events.ts';
import { rememberedIn, type Holding } from './holding.ts';
import { KnownPool } from './known-pool.ts';
import { DEFAULT_LEAK_MS, PoolLeaks } from './leaks.ts';
import { LimiterTask } from './limiter-task.ts';
import { LivePools } from './live-pools.ts';
import { poolMetrics, type PoolMetrics } from './metrics.ts';
import { poolLines } from './pool-lines.ts';
import type { ObservedPools } from './observed-pools.ts';
import { PoolPeaks } from './pool-peaks.ts';
import { UntracedTask } from './untraced-task.ts';

export interface PoolConfig extends InstrumentationConfig {
  /** Milliseconds until a connection is reported as leaked; default 30,000 (`FORESHOCK_POOL_LEAK_MS`), 0 = never. */
  leakMs?: number;
}

/** Reused for every caller. */
const state: PoolState = { used: 0, idle: 0, pending: 0 };

export function openPools(telemetry: Telemetry, config: PoolConfig, observed: ObservedPools): PoolEvents {
  const livePools = new LivePools();
  const leaks = new PoolLeaks(livePools, config.leakMs ?? DEFAULT_LEAK_MS, () => telemetry.tracer);
  let metrics: PoolMetrics | undefined;
  let isOffered = false;

  telemetry.useMeter((meter: Meter) => {
    const stop = observed.observe(livePools, meter);
    metrics = poolMetrics(meter);
    return () => {
      stop();
      metrics = undefined;
    };
  });

  const boundary: AcquisitionBoundary = {
    get tracer() {
      return telemetry.tracer;
    },
    get metrics() {
      return metrics;
    },
    lent: () => leaks.lookLater(),
  };

  function knownPoolOf(source: PoolSource, pool: object): KnownPool {
    let known = livePools.get(pool);
    if (!known) {
      if (!isOffered) offerState(() => poolLines(livePools));
      isOffered = true;
      livePools.add(pool, (known = new KnownPool(source, pool, telemetry.library)));
    }
    if (metrics) known.peaks ??= new PoolPeaks();
    return known;
  }

  return {
    acquire(source, pool, asked) {
      if (telemetry.upstreamIsActive) return undefined;
      const known = knownPoolOf(source, pool);
      if (!asked) source.count(pool, state);
      const acquisition = new PoolAcquisition(boundary, pool, known, asked ?? state);
      known.peaks?.pending.raise(acquisition.pending);
      if (acquisition.idle <= 0) acquisition.beginWait();
      return acquisition;
    },

    lent(source, pool, connection, where = context.active()) {
      if (telemetry.upstreamIsActive) return;
      const known = knownPoolOf(source, pool);
      source.count(pool, state);
      known.peaks?.used.raise(state.used);
      state.used--;
      state.idle++;
      state.pending = 0;
      rememberedIn(known, connection).begin(known, performance.now(), trace.getSpan(where), state);
      leaks.lookLater();
      metrics?.waited(known.name, 0);
    },

    opening(pool) {
      const [first] = livePools.get(pool)?.waiting ?? [];
      first?.connecting();
    },

    released(pool, released) {
      const known = livePools.get(pool);
      if (!known || typeof released !== 'object' || released === null) return;
      const holding = rememberedHolding(released) as Holding | undefined;
      if (!holding?.out || holding.pool !== known) return;
      const now = performance.now();
      holding.end(now);
      known.saturation?.released(holding.holder(now));
      metrics?.used(known.name, holding.heldMs / 1000);
    },

    openedIdle(source, pool, connection) {
      if (!telemetry.upstreamIsActive) rememberedIn(knownPoolOf(source, pool), connection).returned = true;
    },

    task(source, limiter, asked) {
      const known = knownPoolOf(source, limiter);
      if (!asked) source.count(limiter, state);
      const { limit, used, pending } = asked ?? state;
      known.peaks?.pending.raise(pending);
      if (limit !== undefined) known.setLimit(limit);
      if (known.timed.size > 0) known.endTimedOut(used, performance.now());
      // Waits start no trace.
      if (!trace.getSpan(context.active())) return new UntracedTask(known, limiter);
      const task = new LimiterTask(boundary, limiter, known, asked ?? state);
      if (task.idle <= 0) task.waits();
      return task;
    },

    carrierOf,
    threadTask: (carrier, name) => threadTaskOf(telemetry, carrier, name),

    paused(limiter) {
      const known = livePools.get(limiter);
      if (known) known.pauses++;
    },

    cleared(pool, error) {
      const known = livePools.get(pool);
      if (known) for (const acquisition of known.waiting) acquisition.failed(error);
    },
  };
}
