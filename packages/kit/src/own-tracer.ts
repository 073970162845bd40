import {
  isSpanContextValid,
  trace,
  type Attributes,
  type AttributeValue,
  type Context,
  type SpanContext,
} from '@opentelemetry/api';

/** `Symbol.for`, as bundles have copies of this file. */
export const OWN = Symbol.for('foreshock.own');

export interface Own {
  readonly [OWN]: true;
}

/** Whether a span or tracer is ours: extended API, valid IDs. */
export function isOwn<T extends Own>(made: object): made is T {
  return (made as Partial<Own>)[OWN] === true;
}

interface OwnSpan extends Own {
  attribute(key: string): AttributeValue | undefined;
}

/** Reads an attribute; of our spans without building an object. */
export function attributeOf(span: object, key: string): AttributeValue | undefined {
  return isOwn<OwnSpan>(span) ? span.attribute(key) : (span as { attributes: Attributes }).attributes[key];
}

/** The active span context, if valid. */
export function spanContextOf(where: Context): SpanContext | undefined {
  const span = trace.getSpan(where);
  if (!span) return undefined;
  const spanContext = span.spanContext();
  return isOwn(span) || isSpanContextValid(spanContext) ? spanContext : undefined;
}
