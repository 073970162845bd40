import type { Attributes, HrTime, Link, SpanContext, SpanStatus } from '@opentelemetry/api';
import type { CommonAttributes } from '@foreshock/kit';

/**
 * A finished span, as SDK 2.x and 3.x hand it to a span processor (`ReadableSpan` of both). Stated
 * here so that neither line of the SDK is a dependency.
 */
export interface FinishedSpan {
  readonly name: string;
  readonly kind: number;
  spanContext(): SpanContext;
  readonly parentSpanContext?: SpanContext | undefined;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly links: readonly Link[];
  readonly events: readonly FinishedEvent[];
  readonly instrumentationScope: Scope;
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
  /** Of our own tracer's spans: the same as IDs, times and attributes above, as they are quickest to write. */
  readonly ids?: SpanIds;
  readonly parentIds?: SpanIds | undefined;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly recorded?: RecordedAttributes;
}

/** IDs as numbers of 32 bits, each of four bytes, little-endian. */
export interface SpanIds {
  readonly trace: { readonly first: number; readonly second: number; readonly third: number; readonly fourth: number };
  readonly first: number;
  readonly second: number;
}

/** Attributes in the parts in which our own tracer keeps them; no key is in two. */
export interface RecordedAttributes {
  readonly common: CommonAttributes | undefined;
  readonly moreCommon: CommonAttributes | undefined;
  readonly given: Attributes;
  /** Keys and values in turn. */
  readonly later: readonly unknown[];
}

/** An event of a finished span. */
export interface FinishedEvent {
  readonly name: string;
  readonly time: HrTime;
  readonly attributes?: Attributes | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

/** Who made the span; the SDK keeps one object a tracer. */
export interface Scope {
  readonly name: string;
  readonly version?: string | undefined;
  readonly schemaUrl?: string | undefined;
  readonly attributes?: Attributes | undefined;
}
