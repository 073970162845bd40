import type { Attributes, HrTime, Link, SpanContext, SpanStatus } from '@opentelemetry/api';
import type { CommonAttributes } from '@foreshock/kit';

/** `ReadableSpan` of SDK 2.x and 3.x, to depend on neither. */
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
  /** Our own tracer's: faster IDs, times and attributes. */
  readonly ids?: SpanIds;
  readonly parentIds?: SpanIds | undefined;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly recorded?: RecordedAttributes;
}

/** 32-bit words, little-endian. */
export interface SpanIds {
  readonly trace: { readonly first: number; readonly second: number; readonly third: number; readonly fourth: number };
  readonly first: number;
  readonly second: number;
}

export interface RecordedAttributes {
  readonly common: CommonAttributes | undefined;
  readonly moreCommon: CommonAttributes | undefined;
  readonly given: Attributes;
  /** Keys and values alternate. */
  readonly later: readonly unknown[];
}

export interface FinishedEvent {
  readonly name: string;
  readonly time: HrTime;
  readonly attributes?: Attributes | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

/** Instrumentation scope; the SDK's is one object a tracer. */
export interface Scope {
  readonly name: string;
  readonly version?: string | undefined;
  readonly schemaUrl?: string | undefined;
  readonly attributes?: Attributes | undefined;
}
