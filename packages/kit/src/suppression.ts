import { createContextKey, type Context } from '@opentelemetry/api';

const SUPPRESSED = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** Uses the key of the SDK's `suppressTracing` (`@opentelemetry/core`). */
export function suppressed(where: Context): Context {
  return where.setValue(SUPPRESSED, true);
}

/** Whether spans are suppressed, so that boundaries need not build attributes. */
export function isSuppressed(where: Context): boolean {
  return where.getValue(SUPPRESSED) === true;
}
