import { instrumentationOf, type Instrumentation, VERSION } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { openPools, type PoolConfig } from './boundary.ts';
import { ObservedPools } from './observed-pools.ts';

export { HeldAcrossIo } from './held-across-io.ts';
export type { PoolConfig };

/**
 * Who waits for and holds limited resources, as OpenTelemetry's `Instrumentation`.
 *
 * @param config default: enabled, for every supported library
 */
export function poolInstrumentation(config: PoolConfig = {}): Instrumentation {
  const observed = new ObservedPools();
  return instrumentationOf(
    {
      name: '@foreshock/instrumentation-pool',
      version: VERSION,
      adapters,
      open: (telemetry, current: PoolConfig) => openPools(telemetry, current, observed),
    },
    config,
  );
}
