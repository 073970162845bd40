import type { Attributes, Context, Span, SpanKind, SpanOptions, Tracer } from '@opentelemetry/api';
import { isOwn, type Own } from './own-tracer.ts';

/**
 * Attributes that many spans have in common: where a connection leads, the text of a statement. A tracer that
 * knows this class refers to them, and they are encoded once instead of with every span; any other copies them.
 */
export class CommonAttributes {
  readonly values: Readonly<Attributes>;
  readonly count: number;
  /** Length of the longest text. */
  readonly longest: number;

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

/** Our tracer, which takes common attributes as they are. */
interface OwnTracer extends Own {
  start(name: string, start: SpanStart, where: Context): Span;
}

interface OwnSpan extends Own {
  addCommon(common: CommonAttributes): void;
}

/** Starts a span with attributes of its own and such as it has in common with others. */
export function startSpan(tracer: Tracer, name: string, start: SpanStart, where: Context): Span {
  if (isOwn<OwnTracer>(tracer)) return tracer.start(name, start, where);
  const { common, attributes, ...options } = start;
  const all = common ? { ...common.values, ...attributes } : attributes;
  return tracer.startSpan(name, { ...options, attributes: all } as SpanOptions, where);
}

/** Sets what a span has in common with others, once that is known; none of it is there yet. */
export function addCommon(span: Span, common: CommonAttributes): void {
  if (isOwn<OwnSpan>(span)) span.addCommon(common);
  else span.setAttributes(common.values as Attributes);
}
