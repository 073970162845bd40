import { instrumentationOf, type Instrumentation, VERSION } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { open, type LogsConfig } from './boundary.ts';

export type { Instrumentation, InstrumentationConfig } from '@foreshock/kit';
export type { LogsConfig } from './boundary.ts';
export { BoundaryLog, type BoundaryLogs } from './boundary-log.ts';

/**
 * Adds `trace_id`, `span_id` and `trace_flags` to lines within spans, also unsampled, and the caller's own
 * `x_trace_id`. Existing keys stay.
 *
 * @param config enabled by default
 */
export function logsInstrumentation(config: LogsConfig = {}): Instrumentation {
  return instrumentationOf({ name: '@foreshock/instrumentation-logs', version: VERSION, adapters, open }, config);
}
