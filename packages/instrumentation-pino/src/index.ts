import { instrumentationOf, type Instrumentation, type InstrumentationConfig, VERSION } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { open } from './boundary.ts';

export type { Instrumentation, InstrumentationConfig } from '@foreshock/kit';

/**
 * Joins pino's log lines to their trace: each line written while a span is active carries
 * `trace_id`, `span_id` and `trace_flags`, in unsampled traces too, and `x_trace_id` when the caller
 * sent an identifier of its own. A key that a line has already is left as it is.
 *
 * @param config see {@link InstrumentationConfig}; the default attaches at once
 */
export function pinoInstrumentation(config: InstrumentationConfig = {}): Instrumentation {
  return instrumentationOf({ name: '@foreshock/instrumentation-pino', version: VERSION, adapters, open }, config);
}
