import { trace, type Context, type Link, type SpanContext } from '@opentelemetry/api';
import type { BreakerState } from './events.ts';

/** The call that opened each breaker, with the event: why later calls are refused. */
export class OpeningSpans {
  readonly #spans = new WeakMap<object, SpanContext>();

  /** @param span that saw the change, if in a call */
  changed(breaker: object, state: BreakerState, span: SpanContext | undefined): void {
    // Half-open refusals have the opening's reason.
    if (state === 'half_open') return;
    if (state === 'open' && span) this.#spans.set(breaker, span);
    else this.#spans.delete(breaker);
  }

  linkOf(breaker: object, refused: Context): Link | undefined {
    const opening = this.#spans.get(breaker);
    // Jaeger takes parent links for the parent reference.
    if (!opening || opening.spanId === trace.getSpanContext(refused)?.spanId) return undefined;
    return { context: opening };
  }
}
