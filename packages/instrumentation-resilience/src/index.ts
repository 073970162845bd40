import { instrumentationOf, type Instrumentation, VERSION } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { openResilience, type ResilienceConfig } from './boundary.ts';

export { breaker, type Breaker } from './breaker.ts';
export type { ResilienceConfig } from './boundary.ts';
export type { BreakerState } from './events.ts';
export { RetryRecognition, type RetryRecognitionConfig } from './retry-recognition.ts';

/**
 * OpenTelemetry `Instrumentation` for breakers, retries, timeouts, bulkheads and fallbacks.
 *
 * @param config default: enabled, for every supported library
 */
export function resilienceInstrumentation(config: ResilienceConfig = {}): Instrumentation {
  return instrumentationOf(
    { name: '@foreshock/instrumentation-resilience', version: VERSION, adapters, open: openResilience },
    config,
  );
}
