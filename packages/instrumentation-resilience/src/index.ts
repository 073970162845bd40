import { instrumentationOf, type Instrumentation, VERSION } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { openResilience, type ResilienceConfig } from './boundary.ts';

export { breaker, type Breaker } from './breaker.ts';
export type { ResilienceConfig } from './boundary.ts';
export type { BreakerState } from './events.ts';
export { RetryRecognition, type RetryRecognitionConfig } from './retry-recognition.ts';

/**
 * Decisions about calls (breakers, retries, time-outs, bulkheads, fallbacks), as OpenTelemetry's
 * `Instrumentation`. They show on the spans of the calls by way of `ContextAttributesProcessor` of `foreshock/sdk`.
 *
 * @param config default: attached at construction, to every library this package knows
 */
export function resilienceInstrumentation(config: ResilienceConfig = {}): Instrumentation {
  return instrumentationOf(
    { name: '@foreshock/instrumentation-resilience', version: VERSION, adapters, open: openResilience },
    config,
  );
}
