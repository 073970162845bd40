import { cacheInstrumentation } from '@foreshock/instrumentation-cache';
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { poolInstrumentation, type PoolConfig } from '@foreshock/instrumentation-pool';
import type { Instrumentation } from '@foreshock/kit';

/** Pools, and the queries and commands on what they hand out: the instrumentations as one. */
export function poolsWithQueries(config: PoolConfig = {}): Instrumentation {
  const all = [poolInstrumentation(config), dbInstrumentation(config), cacheInstrumentation(config)];
  return {
    instrumentationName: 'pools with queries',
    instrumentationVersion: '0.0.0',
    enable: () => all.forEach((each) => each.enable()),
    // Newest first: two rooms may wrap one method.
    disable: () => all.toReversed().forEach((each) => each.disable()),
    setTracerProvider: (provider) => all.forEach((each) => each.setTracerProvider(provider)),
    setMeterProvider: (provider) => all.forEach((each) => each.setMeterProvider(provider)),
    libraries: all.flatMap((each) => each.libraries),
    setConfig: () => {},
    getConfig: () => config,
  };
}

/** For a driver without a pool of its own: that of knex and mssql. */
export function tarnWithQueries({ libraries, ...config }: PoolConfig = {}): Instrumentation {
  return poolsWithQueries({ ...config, libraries: (library) => library === 'tarn' || libraries?.(library) !== false });
}
