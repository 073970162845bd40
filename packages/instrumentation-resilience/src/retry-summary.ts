import type { Attributes, Span } from '@opentelemetry/api';
import { guard } from '@foreshock/kit';
import { RETRY_ATTEMPTS, RETRY_OUTCOME, RETRY_POLICY, RETRY_SUMMARY, RETRY_TOTAL_DELAY_MS } from '@foreshock/kit/names';

/** With several attempts. */
export interface Repeated {
  readonly policy: string;
  readonly attempts: number;
  readonly totalDelayMs: number;
  /** `error.type` of the last failure. */
  readonly errorType: string | undefined;
  /** Of the last attempt; undefined while running. */
  readonly outcome: 'success' | 'failure' | undefined;
}

/** Per parent; long-lived ones summarise and drop the oldest. */
const MAX_UNFINISHED = 100;

const unfinished = new WeakMap<Span, Set<Repeated>>();

/** Ensures a summary when `parent` ends. */
export function expectSummary(parent: Span, repeated: Repeated): void {
  if (!parent.isRecording()) return;
  let operations = unfinished.get(parent);
  if (!operations) {
    unfinished.set(parent, (operations = new Set()));
    settleAtEnd(parent);
  }
  if (operations.size >= MAX_UNFINISHED) {
    const [oldest] = operations;
    if (oldest) summarise(parent, oldest);
  }
  operations.add(repeated);
}

/** A later one has it. */
export function forgetSummary(parent: Span, repeated: Repeated): void {
  unfinished.get(parent)?.delete(repeated);
}

export function summarise(parent: Span, repeated: Repeated): void {
  unfinished.get(parent)?.delete(repeated);
  if (!parent.isRecording()) return;
  const attributes: Attributes = {
    [RETRY_POLICY]: repeated.policy,
    [RETRY_ATTEMPTS]: repeated.attempts,
    [RETRY_TOTAL_DELAY_MS]: Math.round(repeated.totalDelayMs),
  };
  if (repeated.outcome !== undefined) attributes[RETRY_OUTCOME] = repeated.outcome;
  if (repeated.outcome === 'failure' && repeated.errorType !== undefined) attributes['error.type'] = repeated.errorType;
  parent.addEvent(RETRY_SUMMARY, attributes);
}

/** A loop gives up silently, so its parent's end writes the summary. Span processors come too late. */
function settleAtEnd(parent: Span): void {
  const { end } = parent;
  parent.end = function (this: Span, ...args) {
    guard('summing up retries', () => {
      const operations = unfinished.get(parent);
      unfinished.delete(parent);
      for (const repeated of operations ?? []) summarise(parent, repeated);
    });
    return end.apply(this, args);
  };
}
