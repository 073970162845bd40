import type { Histogram, Meter } from '@opentelemetry/api';
import type { InstrumentationConfig, Telemetry } from '@foreshock/kit';
import type { DbEvents } from './events.ts';
import { LivePools } from './live-pools.ts';
import { holdingOf, openBook } from './pool-book.ts';
import { DEFAULT_LEAK_MS, PoolLeaks } from './pool-leaks.ts';
import { poolMetrics, type PoolMetrics } from './pool-metrics.ts';
import { PoolWait, type Lease, type PoolWatch } from './pool-wait.ts';
import { startQuery } from './query.ts';

/** What the database boundary can be told. */
export interface DbConfig extends InstrumentationConfig {
  /**
   * How long a connection may be out before it counts as leaked, in milliseconds; default 30,000
   * (`FORESHOCK_POOL_LEAK_MS`), 0 = never.
   */
  leakMs?: number;
}

/** Turns what database adapters report into spans and metrics. */
export function openDb(telemetry: Telemetry, config: DbConfig): DbEvents {
  const pools = new LivePools();
  const leases = new WeakMap<object, Lease>();
  const leaks = new PoolLeaks(pools, config.leakMs ?? DEFAULT_LEAK_MS, () => telemetry.tracer);
  let metrics: PoolMetrics | undefined;
  let queryDuration: Histogram | undefined;

  telemetry.useMeter((meter: Meter) => {
    queryDuration = meter.createHistogram('db.client.operation.duration', {
      description: 'Duration of database client operations',
      unit: 's',
      advice: { explicitBucketBoundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] },
    });
    const started = poolMetrics(meter, pools);
    metrics = started;
    return () => {
      started.stop();
      metrics = queryDuration = undefined;
    };
  });

  const watch: PoolWatch = {
    get tracer() {
      return telemetry.tracer;
    },
    get metrics() {
      return metrics;
    },
    granted(connection, lease) {
      leases.set(connection, lease);
      leaks.watch();
    },
  };

  return {
    acquire(source, pool, asked, idle) {
      if (telemetry.standsAside) return undefined;
      let book = pools.get(pool);
      if (!book) pools.add(pool, (book = openBook(source, pool)));
      return new PoolWait(watch, pool, book, asked, idle);
    },

    released(pool, connection) {
      const book = pools.get(pool);
      const hold = book?.holds.get(connection);
      if (!book || !hold) return;
      book.holds.delete(connection);
      leases.delete(connection);
      const holding = holdingOf(hold, performance.now());
      book.lastHoldings.set(connection, holding);
      book.saturation?.released(holding);
      metrics?.used(book.name, holding.heldMs / 1000);
    },

    query(connection, described) {
      if (telemetry.standsAside) return undefined;
      return startQuery(telemetry, described, leases.get(connection), connection, queryDuration);
    },
  };
}
