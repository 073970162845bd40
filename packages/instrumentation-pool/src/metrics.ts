import type { Attributes, Meter, ObservableResult } from '@opentelemetry/api';
import { POOL_NAME } from '@foreshock/kit/names';
import type { PoolState } from './events.ts';
import type { KnownPool } from './known-pool.ts';
import type { LivePools } from './live-pools.ts';

/** The experimental `db.client.connection.*` metrics. */
export interface PoolMetrics {
  waited(pool: string, seconds: number): void;
  created(pool: string, seconds: number): void;
  used(pool: string, seconds: number): void;
  timedOut(pool: string): void;
  stop(): void;
}

/** Removed pools kept by name. */
const MAX_GONE = 1_000;
const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/**
 * @param all observed as sums by each adapter: pools of two libraries may share a name, and the last observation of a
 * series counts.
 */
export function poolMetrics(meter: Meter, all: ReadonlySet<LivePools>): PoolMetrics {
  const count = meter.createObservableUpDownCounter('db.client.connection.count', {
    description: 'The number of connections that are currently in the state described by the state attribute',
    unit: '{connection}',
  });
  const idleMin = meter.createObservableUpDownCounter('db.client.connection.idle.min', {
    description: 'The minimum number of idle open connections allowed',
    unit: '{connection}',
  });
  const limit = meter.createObservableUpDownCounter('db.client.connection.limit', {
    description: 'The maximum number of open connections allowed',
    unit: '{connection}',
  });
  const pending = meter.createObservableUpDownCounter('db.client.connection.pending_requests', {
    description: 'The number of current pending requests for an open connection',
    unit: '{request}',
  });
  const timeouts = meter.createCounter('db.client.connection.timeouts', {
    description: 'The number of connection timeouts that have occurred trying to obtain a connection from the pool',
    unit: '{timeout}',
  });
  const histogram = (name: string, description: string) =>
    meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: SECONDS } });
  const waitTime = histogram(
    'db.client.connection.wait_time',
    'The time it took to obtain an open connection from the pool',
  );
  const createTime = histogram('db.client.connection.create_time', 'The time it took to create a new connection');
  const useTime = histogram(
    'db.client.connection.use_time',
    'The time between borrowing a connection and returning it to the pool',
  );

  const names = new Set<string>();

  /** A removed pool is observed as 0: with cumulative temporality the SDK repeats its last observation. */
  function observe(
    result: ObservableResult,
    state: string | undefined,
    value: (known: KnownPool, pool: object) => number | undefined,
  ): void {
    const sums = new Map(Array.from(names, (name) => [name, 0]));
    for (const pools of all) {
      for (const [pool, known] of pools) {
        if (known.source.ofTasks) continue;
        const own = value(known, pool);
        if (own !== undefined) sums.set(known.name, (sums.get(known.name) ?? 0) + own);
      }
    }
    for (const [name, sum] of sums) {
      if (names.size < MAX_GONE) names.add(name);
      const attributes: Attributes = { [POOL_NAME]: name };
      if (state !== undefined) attributes['db.client.connection.state'] = state;
      result.observe(sum, attributes);
    }
  }

  const onCount = (result: ObservableResult): void => {
    observe(result, 'used', (known, pool) => stateOf(known, pool).used);
    observe(result, 'idle', (known, pool) => stateOf(known, pool).idle);
  };
  const onIdleMin = (result: ObservableResult): void =>
    observe(result, undefined, (known) => known.description.idleMin);
  const onLimit = (result: ObservableResult): void => observe(result, undefined, (known) => known.description.limit);
  const onPending = (result: ObservableResult): void =>
    observe(result, undefined, (known, pool) => stateOf(known, pool).pending);
  count.addCallback(onCount);
  idleMin.addCallback(onIdleMin);
  limit.addCallback(onLimit);
  pending.addCallback(onPending);

  return {
    waited: (pool, seconds) => waitTime.record(seconds, { [POOL_NAME]: pool }),
    created: (pool, seconds) => createTime.record(seconds, { [POOL_NAME]: pool }),
    used: (pool, seconds) => useTime.record(seconds, { [POOL_NAME]: pool }),
    timedOut: (pool) => timeouts.add(1, { [POOL_NAME]: pool }),
    stop() {
      count.removeCallback(onCount);
      idleMin.removeCallback(onIdleMin);
      limit.removeCallback(onLimit);
      pending.removeCallback(onPending);
    },
  };
}

function stateOf(known: KnownPool, pool: object): PoolState {
  const state = { used: 0, idle: 0, pending: 0 };
  known.source.count(pool, state);
  return state;
}
