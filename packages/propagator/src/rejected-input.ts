export type Header = 'traceparent' | 'tracestate' | 'baggage' | 'x-trace-id' | 'b3';

export type Fault = 'not_text' | 'duplicated' | 'too_long' | 'malformed' | 'over_limit';

/** Bounded, for a metric attribute. */
export type RejectedReason = `${Header}.${Fault}`;

const COUNTS = Symbol.for('foreshock.rejected-inputs');

// Process-wide: shared by preload and imported copy.
const counts: Partial<Record<RejectedReason, number>> = ((globalThis as any)[COUNTS] ??= {});

export function reject(header: Header, fault: Fault): undefined {
  const reason: RejectedReason = `${header}.${fault}`;
  counts[reason] = (counts[reason] ?? 0) + 1;
  return undefined;
}

/** By reason, since process start; values may be confidential. */
export function rejectedInputs(): Partial<Record<RejectedReason, number>> {
  return { ...counts };
}
