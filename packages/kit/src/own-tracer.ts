import {
  isSpanContextValid,
  trace,
  type Attributes,
  type AttributeValue,
  type Context,
  type SpanContext,
} from '@opentelemetry/api';

/** On our own tracer and its spans; of the registry, as a bundle has a copy of this file. */
export const OWN = Symbol.for('foreshock.own');

export interface Own {
  readonly [OWN]: true;
}

/** Whether a span, or a tracer, is our own: one that can do more than the API asks for, and whose IDs are valid. */
export function isOwn<T extends Own>(made: object): made is T {
  return (made as Partial<Own>)[OWN] === true;
}

interface OwnSpan extends Own {
  attribute(key: string): AttributeValue | undefined;
}

/** Reads one attribute of a span of any tracer that lets its spans be read; of ours without an object of all. */
export function attributeOf(span: object, key: string): AttributeValue | undefined {
  return isOwn<OwnSpan>(span) ? span.attribute(key) : (span as { attributes: Attributes }).attributes[key];
}

/** The span context in force, if it is a valid one. */
export function spanContextOf(where: Context): SpanContext | undefined {
  const span = trace.getSpan(where);
  if (!span) return undefined;
  const spanContext = span.spanContext();
  return isOwn(span) || isSpanContextValid(spanContext) ? spanContext : undefined;
}
