import { instrumentationOf, type Instrumentation, type InstrumentationConfig, VERSION } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { open } from './boundary.ts';

export type { Instrumentation, InstrumentationConfig } from '@foreshock/kit';

/**
 * Adds `trace_id`, `span_id` and `trace_flags` to log lines within a span, also when unsampled, and `x_trace_id` if
 * the caller sent its own. Existing keys are kept.
 *
 * @param config see {@link InstrumentationConfig}; enabled by default
 */
export function logsInstrumentation(config: InstrumentationConfig = {}): Instrumentation {
  return instrumentationOf({ name: '@foreshock/instrumentation-logs', version: VERSION, adapters, open }, config);
}
