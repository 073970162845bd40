import type { Attributes, Span } from '@opentelemetry/api';
import { guard } from '@foreshock/kit';
import { RETRY_ATTEMPTS, RETRY_OUTCOME, RETRY_POLICY, RETRY_SUMMARY, RETRY_TOTAL_DELAY_MS } from '@foreshock/kit/names';

/** What is recorded of an operation that took more than one attempt. */
export interface Repeated {
  readonly policy: string;
  readonly attempts: number;
  readonly totalDelayMs: number;
  /** `error.type` of the last failure. */
  readonly errorType: string | undefined;
  /** Of the last attempt; undefined while it lasts. */
  readonly outcome: 'success' | 'failure' | undefined;
}

/** Longest list a parent may have; a span that lives for days tells the oldest and forgets it. */
const MAX_UNFINISHED = 100;

/** Operations that may be tried again, by the span that called. */
const unfinished = new WeakMap<Span, Set<Repeated>>();

/** An operation may be tried again: it has a summary by the end of `parent`. */
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

/** Another attempt has begun, which has the summary now. */
export function forgetSummary(parent: Span, repeated: Repeated): void {
  unfinished.get(parent)?.delete(repeated);
}

/** Writes the one summary of an operation onto the span that called. */
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

/**
 * Nobody says that a loop has given up: the end of its parent does. Only spans with an unfinished operation have another
 * `end`; span processors hear of an end when it is too late to write (`onEnding` is experimental, and not in each SDK).
 */
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
