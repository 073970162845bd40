import type { Attributes, Span } from '@opentelemetry/api';
import { guard } from '@foreshock/kit';
import { RETRY_ATTEMPTS, RETRY_OUTCOME, RETRY_POLICY, RETRY_SUMMARY, RETRY_TOTAL_DELAY_MS } from '@foreshock/kit/names';

/** What a parent is told of an operation that took more than one attempt. */
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

/** Remembers that `parent` is owed a summary. */
export function owe(parent: Span, repeated: Repeated): void {
  if (!parent.isRecording()) return;
  let owed = unfinished.get(parent);
  if (!owed) {
    unfinished.set(parent, (owed = new Set()));
    settleAtEnd(parent);
  }
  if (owed.size >= MAX_UNFINISHED) {
    const [oldest] = owed;
    if (oldest) summarise(parent, oldest);
  }
  owed.add(repeated);
}

/** Another attempt has begun, which owes the summary now. */
export function disown(parent: Span, repeated: Repeated): void {
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
 * Nobody says that a loop has given up: the end of its parent does. Only spans that owe something have another
 * `end`; span processors hear of an end when it is too late to write (`onEnding` is experimental, and not in each SDK).
 */
function settleAtEnd(parent: Span): void {
  const { end } = parent;
  parent.end = function (this: Span, ...args) {
    guard('summing up retries', () => {
      const owed = unfinished.get(parent);
      unfinished.delete(parent);
      for (const repeated of owed ?? []) summarise(parent, repeated);
    });
    return end.apply(this, args);
  };
}
