import type { SpanContext } from '@opentelemetry/api';

/** Current or last. */
export interface Holder {
  heldMs: number;
  spanContext: SpanContext | undefined;
  operation: string | undefined;
  /** The call to elsewhere that it waited for, most of the time. */
  acrossIo: string | undefined;
  /** How long nothing ran in its transactions. */
  transactionIdleMs?: number | undefined;
  /** Held at least until. */
  until: number;
}
