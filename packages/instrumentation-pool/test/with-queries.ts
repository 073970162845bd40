import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { poolInstrumentation, type PoolConfig } from '@foreshock/instrumentation-pool';
import type { Instrumentation } from '@foreshock/kit';

/** Pools and the queries on what they hand out: both instrumentations as one. */
export function poolsWithQueries(config: PoolConfig = {}): Instrumentation {
  const both = [poolInstrumentation(config), dbInstrumentation(config)];
  return {
    instrumentationName: 'pools with queries',
    instrumentationVersion: '0.0.0',
    enable: () => both.forEach((each) => each.enable()),
    disable: () => both.forEach((each) => each.disable()),
    setTracerProvider: (provider) => both.forEach((each) => each.setTracerProvider(provider)),
    setMeterProvider: (provider) => both.forEach((each) => each.setMeterProvider(provider)),
    libraries: both.flatMap((each) => each.libraries),
    setConfig: () => {},
    getConfig: () => config,
  };
}
