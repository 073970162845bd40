import {
  isSpanContextValid,
  trace,
  type Attributes,
  type AttributeValue,
  type Context,
  type SpanContext,
} from '@opentelemetry/api';

/** `Symbol.for`: bundles have copies. */
export const OWN = Symbol.for('foreshock.own');

export interface Own {
  readonly [OWN]: true;
}

/** Ours: extended API, valid IDs. */
export function isOwn<T extends Own>(made: object): made is T {
  return (made as Partial<Own>)[OWN] === true;
}

type Visit = (key: string, value: AttributeValue | undefined) => void;

interface OwnSpan extends Own {
  attribute(key: string): AttributeValue | undefined;
  eachAttribute(visit: Visit): void;
}

/** Without building an object, if ours. */
export function attributeOf(span: object, key: string): AttributeValue | undefined {
  return isOwn<OwnSpan>(span) ? span.attribute(key) : (span as { attributes: Attributes }).attributes[key];
}

/** Without building an object, if ours. */
export function eachAttribute(span: object, visit: Visit): void {
  if (isOwn<OwnSpan>(span)) return span.eachAttribute(visit);
  const { attributes } = span as { attributes: Attributes };
  for (const key in attributes) visit(key, attributes[key]);
}

/** If valid. */
export function spanContextOf(where: Context): SpanContext | undefined {
  const span = trace.getSpan(where);
  if (!span) return undefined;
  const spanContext = span.spanContext();
  return isOwn(span) || isSpanContextValid(spanContext) ? spanContext : undefined;
}
