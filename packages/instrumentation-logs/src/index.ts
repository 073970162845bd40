import { instrumentationOf, type Instrumentation, VERSION } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { open, type LogsConfig } from './boundary.ts';

export type { Instrumentation, InstrumentationConfig } from '@foreshock/kit';
export type { LogsConfig } from './boundary.ts';
export { BoundaryLog, type BoundaryLogs } from './boundary-log.ts';

/**
 * Adds `trace_id`, `span_id`, `trace_flags` and the caller's `x_trace_id` to lines within spans. Existing keys stay.
 *
 * @param config enabled by default
 */
export function logsInstrumentation(config: LogsConfig = {}): Instrumentation {
  return instrumentationOf({ name: '@foreshock/instrumentation-logs', version: VERSION, adapters, open }, config);
}
