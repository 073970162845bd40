import type { Context, Meter } from '@opentelemetry/api';
import { POOL_NAME } from '@foreshock/kit/names';

/** The experimental `db.client.connection.*`; pools' states are in pool-gauges.ts. */
export interface PoolMetrics {
  /** @param where default: the active context */
  waited(pool: string, seconds: number, where?: Context): void;
  created(pool: string, seconds: number, where: Context): void;
  used(pool: string, seconds: number): void;
  timedOut(pool: string): void;
}

const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

export function poolMetrics(meter: Meter): PoolMetrics {
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

  return {
    waited: (pool, seconds, where) => waitTime.record(seconds, { [POOL_NAME]: pool }, where),
    created: (pool, seconds, where) => createTime.record(seconds, { [POOL_NAME]: pool }, where),
    used: (pool, seconds) => useTime.record(seconds, { [POOL_NAME]: pool }),
    timedOut: (pool) => timeouts.add(1, { [POOL_NAME]: pool }),
  };
}
