export type Header = 'traceparent' | 'tracestate' | 'baggage' | 'x-trace-id' | 'b3';

/** Not a string; repeated; over 8,192 characters; against its grammar; too many members. */
export type Fault = 'not_text' | 'duplicated' | 'too_long' | 'malformed' | 'over_limit';

/** Such as `traceparent.malformed`; bounded, so usable as a metric attribute. */
export type RejectedReason = `${Header}.${Fault}`;

const COUNTS = Symbol.for('foreshock.rejected-inputs');

// Process-wide: shared by the preload's bundle and an imported copy.
const counts: Partial<Record<RejectedReason, number>> = ((globalThis as any)[COUNTS] ??= {});

/** Counts input refused, wholly or partly. */
export function reject(header: Header, fault: Fault): undefined {
  const reason: RejectedReason = `${header}.${fault}`;
  counts[reason] = (counts[reason] ?? 0) + 1;
  return undefined;
}

/**
 * Inputs refused since process start, by reason; without zero counts, and without values, which may be confidential.
 */
export function rejectedInputs(): Partial<Record<RejectedReason, number>> {
  return { ...counts };
}
