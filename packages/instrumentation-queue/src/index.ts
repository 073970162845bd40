import { instrumentationOf, type Instrumentation, type InstrumentationConfig } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { openQueue } from './boundary.ts';

/**
 * Jobs and messages, as OpenTelemetry's `Instrumentation`: sent, waited, processed, settled.
 *
 * @param config default: attached at construction, to every library this package knows
 */
export function queueInstrumentation(config: InstrumentationConfig = {}): Instrumentation {
  return instrumentationOf(
    { name: '@foreshock/instrumentation-queue', version: '0.1.0', adapters, open: openQueue },
    config,
  );
}
