import { instrumentationOf, type Instrumentation, type InstrumentationConfig } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { openDb } from './boundary.ts';

/**
 * Database queries and the wait for a pooled connection, as OpenTelemetry's `Instrumentation`.
 *
 * @param config default: attached at construction, to every library this package knows
 */
export function dbInstrumentation(config: InstrumentationConfig = {}): Instrumentation {
  return instrumentationOf({ name: '@foreshock/instrumentation-db', version: '0.1.0', adapters, open: openDb }, config);
}
