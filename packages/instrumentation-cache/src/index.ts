import { instrumentationOf, type Instrumentation, VERSION } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { openCache, type CacheConfig } from './boundary.ts';

export type { CacheConfig };

/**
 * Cache lookups, remote and in the process, and stampedes on one key, as OpenTelemetry's `Instrumentation`.
 *
 * @param config default: attached at construction, to every library this package knows
 */
export function cacheInstrumentation(config: CacheConfig = {}): Instrumentation {
  return instrumentationOf(
    { name: '@foreshock/instrumentation-cache', version: VERSION, adapters, open: openCache },
    config,
  );
}
