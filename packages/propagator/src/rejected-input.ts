/** The headers that come from strangers. */
export type Header = 'traceparent' | 'tracestate' | 'baggage' | 'x-trace-id' | 'b3';

/**
 * What was wrong: not a string; sent twice where once is allowed; longer than 8,192 characters; not in
 * its grammar; more members than are carried on.
 */
export type Fault = 'not_text' | 'duplicated' | 'too_long' | 'malformed' | 'over_limit';

/** Header and fault, such as `traceparent.malformed`: a bounded set, fit for a metric's attribute. */
export type RejectedReason = `${Header}.${Fault}`;

const COUNTS = Symbol.for('foreshock.rejected-inputs');

// Process-wide: the preload's bundle and an imported copy count into one place.
const counts: Partial<Record<RejectedReason, number>> = ((globalThis as any)[COUNTS] ??= {});

/** Counts an input that was refused, wholly or in part. */
export function reject(header: Header, fault: Fault): undefined {
  const reason: RejectedReason = `${header}.${fault}`;
  counts[reason] = (counts[reason] ?? 0) + 1;
  return undefined;
}

/**
 * How many inputs were refused since the process started, by reason; reasons that never occurred are
 * absent. Values are never kept, so there is nothing in it to leak.
 */
export function rejectedInputs(): Partial<Record<RejectedReason, number>> {
  return { ...counts };
}
