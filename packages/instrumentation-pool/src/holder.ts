import type { SpanContext } from '@opentelemetry/api';

/** Current or last. */
export interface Holder {
  heldMs: number;
  spanContext: SpanContext | undefined;
  operation: string | undefined;
  /** Held at least until. */
  until: number;
}
