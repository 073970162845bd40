import { instrumentationOf, type Instrumentation, type InstrumentationConfig, VERSION } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { open } from './boundary.ts';

export type { Instrumentation, InstrumentationConfig } from '@foreshock/kit';

/**
 * Adds `trace_id`, `span_id` and `trace_flags` to pino's lines within a span, also when unsampled, and `x_trace_id` if
 * the caller sent its own. Existing keys are kept.
 *
 * @param config see {@link InstrumentationConfig}; enabled by default
 */
export function pinoInstrumentation(config: InstrumentationConfig = {}): Instrumentation {
  return instrumentationOf({ name: '@foreshock/instrumentation-pino', version: VERSION, adapters, open }, config);
}
