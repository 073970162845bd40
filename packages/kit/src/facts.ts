import { createContextKey, type Attributes, type Context } from '@opentelemetry/api';

// `createContextKey` makes registered symbols: the bundle's copy and an imported one agree.
const FACTS = createContextKey('foreshock.facts');

/**
 * Adds attributes to every span started in the returned context: an attempt's number, a breaker's
 * state. The span processor of `foreshock/sdk` puts them there, on spans of other instrumentations too.
 */
export function withFacts(where: Context, facts: Attributes): Context {
  const outer = where.getValue(FACTS) as Attributes | undefined;
  return where.setValue(FACTS, outer ? { ...outer, ...facts } : facts);
}

/** The facts in force, or undefined. */
export function factsOf(where: Context): Attributes | undefined {
  return where.getValue(FACTS) as Attributes | undefined;
}

const SUPPRESSED = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** A context in which no span is recorded; the key is the SDK's own (`@opentelemetry/core`, `suppressTracing`). */
export function suppressed(where: Context): Context {
  return where.setValue(SUPPRESSED, true);
}

/** Whether spans are suppressed here, so that a boundary need not even build its attributes. */
export function isSuppressed(where: Context): boolean {
  return where.getValue(SUPPRESSED) === true;
}
