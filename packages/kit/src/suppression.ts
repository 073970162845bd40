import { createContextKey, ROOT_CONTEXT, type Context } from '@opentelemetry/api';

const SUPPRESSED = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** By the SDK's `suppressTracing` key (`@opentelemetry/core`). */
export function suppressed(where: Context): Context {
  return where.setValue(SUPPRESSED, true);
}

/** If so, boundaries build no attributes. */
export function isSuppressed(where: Context): boolean {
  return where !== ROOT_CONTEXT && where.getValue(SUPPRESSED) === true;
}
