import type { Context, Span, SpanKind } from '@opentelemetry/api';
import { dropDerivedParent } from '@foreshock/propagator';
import { contextAttributesOf, isOwn, noteScope, xTraceIdOf } from '@foreshock/kit';
import { X_TRACE_ID } from '@foreshock/kit/names';

/** The used part; SDK 2.x and 3.x. */
interface StartedSpan extends Span {
  readonly instrumentationScope?: { name: string };
  readonly kind?: SpanKind;
}

/** Adds context attributes, removes derived parents, merges a framework's server span into the request's. */
export class ContextAttributesProcessor {
  /** Frameworks' own server spans, with HTTP instrumentation. */
  innerSpans: { started(span: object, parent: Context): void; ended(span: object): void } | undefined;

  onStart(span: StartedSpan, parent: Context): void {
    // Adapters make no spans beside upstream ones; our tracers note their own scopes.
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
