import { instrumentationOf, type Instrumentation, VERSION } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { openQueue, type QueueInstrumentationConfig } from './boundary.ts';

export { type QueueInstrumentationConfig } from './boundary.ts';

/**
 * OpenTelemetry `Instrumentation` for jobs and messages.
 *
 * @param config default: enabled, for every supported library and queue
 */
export function queueInstrumentation(config: QueueInstrumentationConfig = {}): Instrumentation {
  return instrumentationOf(
    { name: '@foreshock/instrumentation-queue', version: VERSION, adapters, open: openQueue },
    config,
  );
}
