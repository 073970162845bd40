import { instrumentationOf, type Instrumentation, VERSION } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { openCache, type CacheConfig } from './boundary.ts';

export type { CacheConfig };

/**
 * Cache lookups and stampedes, as OpenTelemetry's `Instrumentation`.
 *
 * @param config default: enabled, for every supported library
 */
export function cacheInstrumentation(config: CacheConfig = {}): Instrumentation {
  return instrumentationOf(
    { name: '@foreshock/instrumentation-cache', version: VERSION, adapters, open: openCache },
    config,
  );
}
