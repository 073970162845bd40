import { instrumentationOf, type Instrumentation } from '@foreshock/kit';
import { adapters, drivers } from './adapters/index.ts';
import { DbCommon, openDb, type DbConfig } from './boundary.ts';

export type { DbConfig };

/**
 * Database queries and the wait for a pooled connection, as OpenTelemetry's `Instrumentation`.
 *
 * @param config default: attached at construction, to every library this package knows
 */
export function dbInstrumentation(config: DbConfig = {}): Instrumentation {
  const common = new DbCommon(drivers);
  return instrumentationOf(
    {
      name: '@foreshock/instrumentation-db',
      version: '0.1.0',
      adapters,
      open: (telemetry, current: DbConfig) => openDb(telemetry, current, common),
    },
    config,
  );
}
