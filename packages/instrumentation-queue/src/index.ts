import { instrumentationOf, type Instrumentation, VERSION } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { openQueue, type QueueInstrumentationConfig } from './boundary.ts';

export { type QueueInstrumentationConfig } from './boundary.ts';

/**
 * Jobs and messages, as OpenTelemetry's `Instrumentation`: sent, waited, processed, settled.
 *
 * @param config default: attached at construction, to every library this package knows; the trace travels to every queue
 */
export function queueInstrumentation(config: QueueInstrumentationConfig = {}): Instrumentation {
  return instrumentationOf(
    { name: '@foreshock/instrumentation-queue', version: VERSION, adapters, open: openQueue },
    config,
  );
}
