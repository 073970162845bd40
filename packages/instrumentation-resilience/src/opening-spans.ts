import { trace, type Context, type Link, type SpanContext } from '@opentelemetry/api';
import type { BreakerState } from './events.ts';

/** The span of the call that opened each breaker, which has the event: why later calls are refused. */
export class OpeningSpans {
  readonly #spans = new WeakMap<object, SpanContext>();

  /** @param span where the change was seen, if it happened in a call */
  changed(breaker: object, state: BreakerState, span: SpanContext | undefined): void {
    // A half-open breaker still refuses, because of what opened it.
    if (state === 'half_open') return;
    if (state === 'open' && span) this.#spans.set(breaker, span);
    else this.#spans.delete(breaker);
  }

  linkOf(breaker: object, refused: Context): Link | undefined {
    const opening = this.#spans.get(breaker);
    // Jaeger treats a link to the parent as the parent reference.
    if (!opening || opening.spanId === trace.getSpanContext(refused)?.spanId) return undefined;
    return { context: opening };
  }
}
