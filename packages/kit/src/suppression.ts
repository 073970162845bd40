import { createContextKey, type Context } from '@opentelemetry/api';

const SUPPRESSED = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** A context in which no span is recorded; the key is the SDK's own (`@opentelemetry/core`, `suppressTracing`). */
export function suppressed(where: Context): Context {
  return where.setValue(SUPPRESSED, true);
}

/** Whether spans are suppressed here, so that a boundary need not even build its attributes. */
export function isSuppressed(where: Context): boolean {
  return where.getValue(SUPPRESSED) === true;
}
