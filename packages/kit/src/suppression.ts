import { createContextKey, type Context } from '@opentelemetry/api';

const SUPPRESSED = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** Key of the SDK's `suppressTracing` (`@opentelemetry/core`). */
export function suppressed(where: Context): Context {
  return where.setValue(SUPPRESSED, true);
}

/** Lets boundaries skip building attributes. */
export function isSuppressed(where: Context): boolean {
  return where.getValue(SUPPRESSED) === true;
}
