import type { Attributes, BatchObservableResult, Meter, Observable } from '@opentelemetry/api';
import {
  CONNECTION_COUNT_PEAK,
  PENDING_REQUESTS_PEAK,
  POOL_LIMIT,
  POOL_NAME,
  POOL_PENDING,
  POOL_PENDING_PEAK,
  POOL_USED,
  POOL_USED_PEAK,
  TASK_POOL_NAME,
} from '@foreshock/kit/names';
import type { PoolState } from './events.ts';
import type { KnownPool } from './known-pool.ts';
import type { LivePools } from './live-pools.ts';
import { PoolPeaks } from './pool-peaks.ts';

/** Removed ones, by name. */
const MAX_GONE = 1_000;

interface Series {
  readonly gauge: Observable;
  /** Undefined: unknown. */
  readonly value: (known: KnownPool, state: PoolState) => number | undefined;
  /** Of pools with one name: peaks at different times cannot be added. */
  readonly together: 'sum' | 'max';
  readonly nameKey: string;
  readonly attributes: Attributes | undefined;
  /** Removed pools are observed as 0: the SDK repeats the last observation. */
  readonly names: Set<string>;
}

/**
 * Reads pools once a collection.
 *
 * @returns what stops it
 */
export function addPoolGauges(meter: Meter, all: ReadonlySet<LivePools>): () => void {
  const connections = connectionSeries(meter);
  const tasks = taskSeries(meter);
  const observe = (result: BatchObservableResult): void => {
    const values = new Map<Series, Map<string, number>>();
    for (const series of [...connections, ...tasks]) {
      values.set(series, new Map(Array.from(series.names, (name) => [name, 0])));
    }
    for (const pools of all) {
      for (const [pool, known] of pools) {
        const state = stateOf(known, pool);
        for (const series of known.source.ofTasks ? tasks : connections) {
          const own = series.value(known, state);
          if (own === undefined) continue;
          const named = values.get(series)!;
          const others = named.get(known.name) ?? 0;
          named.set(known.name, series.together === 'sum' ? others + own : Math.max(others, own));
        }
      }
    }
    for (const [{ gauge, nameKey, attributes, names }, named] of values) {
      for (const [name, value] of named) {
        if (names.size < MAX_GONE) names.add(name);
        result.observe(gauge, value, { [nameKey]: name, ...attributes });
      }
    }
  };
  const gauges = [...connections, ...tasks].map(({ gauge }) => gauge);
  meter.addBatchObservableCallback(observe, gauges);
  return () => meter.removeBatchObservableCallback(observe, gauges);
}

const usedPeak: Series['value'] = (known, { used }) => peaksOf(known).used.take(used);
const pendingPeak: Series['value'] = (known, { pending }) => peaksOf(known).pending.take(pending);

function connectionSeries(meter: Meter): Series[] {
  const gauge = (name: string, unit: string, description: string): Observable =>
    meter.createObservableUpDownCounter(name, { description, unit: `{${unit}}` });
  const peak = (name: string, unit: string, description: string): Observable =>
    meter.createObservableGauge(name, { description, unit: `{${unit}}` });
  const count = gauge(
    'db.client.connection.count',
    'connection',
    'The number of connections that are currently in the state described by the state attribute',
  );
  const countPeak = peak(
    CONNECTION_COUNT_PEAK,
    'connection',
    'Most connections of one pool in the state since the last collection',
  );
  const idleMin = gauge(
    'db.client.connection.idle.min',
    'connection',
    'The minimum number of idle open connections allowed',
  );
  const limit = gauge('db.client.connection.limit', 'connection', 'The maximum number of open connections allowed');
  const pending = gauge(
    'db.client.connection.pending_requests',
    'request',
    'The number of current pending requests for an open connection',
  );
  const pendingHighest = peak(
    PENDING_REQUESTS_PEAK,
    'request',
    'Most pending requests for a connection of one pool since the last collection',
  );
  const used: Attributes = { 'db.client.connection.state': 'used' };
  const idle: Attributes = { 'db.client.connection.state': 'idle' };
  const series = (given: Observable, value: Series['value'], together: Series['together'], attributes?: Attributes) =>
    seriesOf(given, value, together, POOL_NAME, attributes);
  return [
    series(count, (_, state) => state.used, 'sum', used),
    series(count, (_, state) => state.idle, 'sum', idle),
    series(countPeak, usedPeak, 'max', used),
    series(idleMin, ({ description }) => description.idleMin, 'sum'),
    series(limit, ({ description }) => description.limit, 'sum'),
    series(pending, (_, state) => state.pending, 'sum'),
    series(pendingHighest, pendingPeak, 'max'),
  ];
}

function taskSeries(meter: Meter): Series[] {
  const options = (description: string) => ({ description, unit: '{task}' });
  const running = options('The number of running tasks of a limiter');
  const mostRunning = options('Most running tasks of one limiter since the last collection');
  const limit = options('The maximum number of running tasks allowed');
  const waiting = options('The number of tasks that wait for a limiter');
  const mostWaiting = options('Most tasks that waited for one limiter since the last collection');
  const series = (gauge: Observable, value: Series['value'], together: Series['together']) =>
    seriesOf(gauge, value, together, TASK_POOL_NAME);
  return [
    series(meter.createObservableUpDownCounter(POOL_USED, running), (_, state) => state.used, 'sum'),
    series(meter.createObservableGauge(POOL_USED_PEAK, mostRunning), usedPeak, 'max'),
    series(meter.createObservableUpDownCounter(POOL_LIMIT, limit), ({ description }) => description.limit, 'sum'),
    series(meter.createObservableUpDownCounter(POOL_PENDING, waiting), (_, state) => state.pending, 'sum'),
    series(meter.createObservableGauge(POOL_PENDING_PEAK, mostWaiting), pendingPeak, 'max'),
  ];
}

function seriesOf(
  gauge: Observable,
  value: Series['value'],
  together: Series['together'],
  nameKey: string,
  attributes?: Attributes,
): Series {
  return { gauge, value, together, nameKey, attributes, names: new Set() };
}

function peaksOf(known: KnownPool): PoolPeaks {
  return (known.peaks ??= new PoolPeaks());
}

export function stateOf(known: KnownPool, pool: object): PoolState {
  const state = { used: 0, idle: 0, pending: 0 };
  known.source.count(pool, state);
  return state;
}
