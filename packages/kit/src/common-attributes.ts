import type { Attributes, AttributeValue, Context, Span, SpanKind, SpanOptions, Tracer } from '@opentelemetry/api';

/** On tracers and spans that know {@link CommonAttributes}; of the registry, as a bundle has a copy of this file. */
export const KNOWS_COMMON = Symbol.for('foreshock.common-attributes');

/**
 * Where a span processor keeps what it knows of a client's span. Our own spans have it from the start: a property
 * that is added makes one class of objects two, for all who read them.
 */
export const CLIENT_CALL = Symbol.for('foreshock.client-call');

/**
 * Attributes that many spans have in common: where a connection leads, the text of a statement. A tracer that
 * knows this class refers to them, and they are encoded once instead of with every span; any other copies them.
 */
export class CommonAttributes {
  readonly values: Readonly<Attributes>;
  readonly count: number;
  /** Length of the longest text. */
  readonly longest: number;
  /** How often they were sent, and what the encoder made of them: its own. */
  uses = 0;
  encoded: Uint8Array | undefined;

  /** @param values not changed any more; undefined is left out */
  constructor(values: Readonly<Record<string, string | number | boolean | undefined>>) {
    const kept: Attributes = {};
    let count = 0;
    let longest = 0;
    for (const key in values) {
      const value = values[key];
      if (value === undefined) continue;
      kept[key] = value;
      count++;
      if (typeof value === 'string' && value.length > longest) longest = value.length;
    }
    this.values = kept;
    this.count = count;
    this.longest = longest;
  }
}

/** How a boundary starts a span. */
export interface SpanStart {
  kind: SpanKind;
  /** The span's from here on: not to be changed, nor used for another. */
  attributes?: Attributes | undefined;
  /** None of them is among `attributes`. */
  common?: CommonAttributes | undefined;
  startTime?: number | undefined;
}

interface KnowingTracer {
  [KNOWS_COMMON]?: true;
  start(name: string, start: SpanStart, where: Context): Span;
}

/** What the span of a tracer that knows common attributes can do. */
interface KnowingSpan {
  [KNOWS_COMMON]?: true;
  addCommon(common: CommonAttributes): void;
  attribute(key: string): AttributeValue | undefined;
  attributes: Attributes;
}

/** Starts a span with attributes of its own and such as it has in common with others. */
export function startSpan(tracer: Tracer, name: string, start: SpanStart, where: Context): Span {
  const knowing = tracer as Tracer & KnowingTracer;
  if (knowing[KNOWS_COMMON]) return knowing.start(name, start, where);
  const { common, attributes, ...options } = start;
  const all = common ? { ...common.values, ...attributes } : attributes;
  return tracer.startSpan(name, { ...options, attributes: all } as SpanOptions, where);
}

/** Sets what a span has in common with others, once that is known; none of it is there yet. */
export function addCommon(span: Span, common: CommonAttributes): void {
  const knowing = span as Span & KnowingSpan;
  if (knowing[KNOWS_COMMON]) knowing.addCommon(common);
  else span.setAttributes(common.values as Attributes);
}

/** Reads one attribute of a span of any tracer that lets its spans be read. */
export function attributeOf(span: object, key: string): AttributeValue | undefined {
  const readable = span as KnowingSpan;
  return readable[KNOWS_COMMON] ? readable.attribute(key) : readable.attributes[key];
}
