import { addDriver, instrumentationOf, type Instrumentation, VERSION } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { openDb, type DbConfig } from './boundary.ts';

export type { DbConfig };

/**
 * Database queries, as OpenTelemetry's `Instrumentation`.
 *
 * @param config default: enabled, for every supported library
 */
export function dbInstrumentation(config: DbConfig = {}): Instrumentation {
  for (const { driver } of adapters) addDriver(driver);
  return instrumentationOf({ name: '@foreshock/instrumentation-db', version: VERSION, adapters, open: openDb }, config);
}
