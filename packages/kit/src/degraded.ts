import { metrics, trace, type Attributes, type Context, type Counter, type MeterProvider } from '@opentelemetry/api';
import { DEGRADED_COUNT, DEGRADED_FEATURE, DEGRADED_MODE } from './names.ts';
import { VERSION } from './version.ts';

/**
 * - `stale`: old data
 * - `fallback`: another answer than usual
 * - `read_only`: writes are refused or put off
 * - `feature_off`: a part is left out
 */
export type DegradedMode = 'stale' | 'fallback' | 'read_only' | 'feature_off';

let provider: MeterProvider | undefined;
let counter: Counter | undefined;

/** The API has no provider until one is set. */
function count(attributes: Attributes, where: Context): void {
  const current = metrics.getMeterProvider();
  if (current !== provider) {
    provider = current;
    counter = current.getMeter('foreshock', VERSION).createCounter(DEGRADED_COUNT, {
      description: 'Answers that were worse than usual on purpose, instead of none',
      unit: '{answer}',
    });
  }
  counter?.add(1, attributes, where);
}

/** Marks a context's span, and counts. */
export function noteDegraded(where: Context, mode: DegradedMode, feature: string | undefined): void {
  const attributes: Attributes = { [DEGRADED_MODE]: mode };
  if (feature !== undefined) attributes[DEGRADED_FEATURE] = feature;
  const span = trace.getSpan(where);
  if (span?.isRecording()) span.setAttributes(attributes);
  count(attributes, where);
}
