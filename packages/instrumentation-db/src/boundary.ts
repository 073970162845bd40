import { context, type Histogram, type Meter } from '@opentelemetry/api';
import { bindTo, type InstrumentationConfig, type Telemetry } from '@foreshock/kit';
import type { DbEvents, Driver } from './events.ts';
import { LivePools } from './live-pools.ts';
import { holdingOf, PoolBook, type PooledConnection } from './pool-book.ts';
import { DEFAULT_LEAK_MS, PoolLeaks } from './pool-leaks.ts';
import { poolMetrics, type PoolMetrics } from './pool-metrics.ts';
import { PoolWait, type PoolWatch } from './pool-wait.ts';
import { startQuery } from './query.ts';
import { Statements } from './statements.ts';

/** What the database boundary can be told. */
export interface DbConfig extends InstrumentationConfig {
  /**
   * How long a connection may be out before it counts as leaked, in milliseconds; default 30,000
   * (`FORESHOCK_POOL_LEAK_MS`), 0 = never.
   */
  leakMs?: number;
}

/** What the adapters of one instrumentation have in common: one library may pool the connections of another. */
export class DbCommon {
  /** By what a pool hands out, and by what queries are sent on, where that is something else. */
  readonly connections = new WeakMap<object, PooledConnection>();
  /** The pools of each adapter. */
  readonly pools = new Set<LivePools>();
  readonly #drivers: readonly Driver[];

  constructor(drivers: readonly Driver[]) {
    this.#drivers = drivers;
  }

  readonly recognise: Driver = (resource) => {
    for (const driver of this.#drivers) {
      const recognised = driver(resource);
      if (recognised) return recognised;
    }
    return undefined;
  };
}

/** Turns what a database adapter reports into spans and metrics. */
export function openDb(
  telemetry: Telemetry,
  config: DbConfig,
  { connections, pools: all, recognise }: DbCommon,
): DbEvents {
  const pools = new LivePools();
  const statements = new Statements();
  const leaks = new PoolLeaks(pools, config.leakMs ?? DEFAULT_LEAK_MS, () => telemetry.tracer);
  let metrics: PoolMetrics | undefined;
  let queryDuration: Histogram | undefined;

  telemetry.useMeter((meter: Meter) => {
    queryDuration = meter.createHistogram('db.client.operation.duration', {
      description: 'Duration of database client operations',
      unit: 's',
      advice: { explicitBucketBoundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] },
    });
    all.add(pools);
    const started = poolMetrics(meter, all);
    metrics = started;
    return () => {
      all.delete(pools);
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
    recognise,
    connection(resource) {
      let pooled = connections.get(resource);
      if (!pooled) connections.set(resource, (pooled = { hold: undefined, last: undefined }));
      return pooled;
    },
    granted(connection, pooled) {
      const known = connections.get(connection);
      // Unless another pool, below this one, has handed it out.
      if (known !== pooled && !known?.hold) connections.set(connection, pooled);
      leaks.watch();
    },
  };

  return {
    acquire(source, pool, asked, idle) {
      if (telemetry.standsAside) return undefined;
      let book = pools.get(pool);
      if (!book) pools.add(pool, (book = new PoolBook(source, pool, telemetry.library)));
      return new PoolWait(watch, pool, book, asked, idle);
    },

    opening(pool) {
      const [first] = pools.get(pool)?.line ?? [];
      first?.connecting();
    },

    released(pool, released) {
      const book = pools.get(pool);
      const pooled = connections.get(released as object);
      const hold = pooled?.hold;
      if (!book || hold?.book !== book) return;
      book.holds.remove(hold);
      pooled!.hold = undefined;
      const holding = holdingOf(hold, performance.now());
      pooled!.last = holding;
      book.saturation?.released(holding);
      metrics?.used(book.name, holding.heldMs / 1000);
    },

    query(connection, described) {
      if (telemetry.standsAside) return undefined;
      return startQuery(telemetry, statements, described, connections.get(connection)?.hold, queryDuration);
    },

    bind: (callback) => bindTo(context.active(), callback),
  };
}
