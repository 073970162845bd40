import type { Context, Span, SpanKind } from '@opentelemetry/api';
import { dropDerivedParent } from '@foreshock/propagator';
import { contextAttributesOf, isOwn, noteScope, xTraceIdOf } from '@foreshock/kit';
import { X_TRACE_ID } from '@foreshock/kit/names';

/** What of the SDK's `SpanProcessor` this one needs; the same in 2.x and 3.x. */
interface StartedSpan extends Span {
  readonly instrumentationScope?: { name: string };
  readonly kind?: SpanKind;
}

/**
 * Puts the attributes of the context a span starts in onto the span: the attempt's number, the breaker's state,
 * the caller's `x-trace-id`. Spans of other instrumentations get them too. A span below a parent that is only
 * the carrier of an `x-trace-id` becomes the root it is, a framework's own server span a part of the request's.
 */
export class ContextAttributesProcessor {
  /** Where HTTP is instrumented: gets each span, as it may be a framework's own server span. */
  innerSpans: { started(span: object, parent: Context): void; ended(span: object): void } | undefined;

  onStart(span: StartedSpan, parent: Context): void {
    // Adapters stand aside for other instrumentations at work; our tracers note theirs themselves.
    const scope = isOwn(span) ? undefined : span.instrumentationScope?.name;
    if (scope !== undefined) noteScope(scope);
    dropDerivedParent(span);
    this.innerSpans?.started(span, parent);
    const attributes = contextAttributesOf(parent, span.kind);
    if (attributes) span.setAttributes(attributes);
    const xTraceId = xTraceIdOf(parent);
    if (xTraceId !== undefined && xTraceId !== span.spanContext().traceId) span.setAttribute(X_TRACE_ID, xTraceId);
  }

  onEnd(span: object): void {
    this.innerSpans?.ended(span);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
