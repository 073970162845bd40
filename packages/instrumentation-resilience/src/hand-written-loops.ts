import type { Attributes, Span } from '@opentelemetry/api';
import { RETRY_ATTEMPT, RETRY_DELAY_MS, RETRY_POLICY } from '@foreshock/kit/names';
import { disown, owe, summarise, type Repeated } from './retry-summary.ts';

/** `retry.policy` of a loop that nobody told us about. */
const POLICY = 'loop';
/**
 * A retry waits before it sends again; the next item of a list, sent to the same place after one that failed, does
 * not.
 */
const MIN_BACKOFF_MS = 10;
/** Different targets one parent's calls are remembered of, and unfinished calls of each; the oldest are forgotten. */
const MAX_TARGETS = 32;
const MAX_TRIES = 16;

/** One call that may turn out to be an attempt. */
class Try implements Repeated {
  readonly policy = POLICY;
  readonly siblings: Try[];
  readonly parent: Span;
  readonly attempts: number;
  readonly totalDelayMs: number;
  errorType: string | undefined;
  outcome: 'success' | 'failure' | undefined;
  endedAt = 0;

  constructor(parent: Span, siblings: Try[], attempts: number, totalDelayMs: number) {
    this.parent = parent;
    this.siblings = siblings;
    this.attempts = attempts;
    this.totalDelayMs = totalDelayMs;
  }
}

/** A client span that has ended, as the SDK shows it. */
export interface EndedCall {
  /** Whether it failed in a way that is tried again: no response, 5xx or 429. */
  failed: boolean;
  errorType: string | undefined;
}

/**
 * Retry loops written by hand, as they show in the spans of one parent: the same method, origin and path again,
 * after one that failed and a pause.
 */
export class HandWrittenLoops {
  readonly #parents = new WeakMap<Span, Map<string, Try[]>>();
  readonly #tries = new WeakMap<object, Try>();

  /**
   * A call begins below `parent`.
   *
   * @param target method, origin and path
   * @returns what to write on its span, if it repeats one before it
   */
  started(span: object, parent: Span, target: string): Attributes | undefined {
    const siblings = this.#siblingsOf(parent, target);
    const now = performance.now();
    const before = siblings.findIndex(({ outcome, endedAt }) => outcome && now - endedAt >= MIN_BACKOFF_MS);
    const [failed] = before < 0 ? [] : siblings.splice(before, 1);
    const delayMs = failed && Math.round(now - failed.endedAt);
    const attempt = new Try(
      parent,
      siblings,
      failed ? failed.attempts + 1 : 1,
      failed ? failed.totalDelayMs + delayMs! : 0,
    );
    if (siblings.length >= MAX_TRIES) siblings.shift();
    siblings.push(attempt);
    this.#tries.set(span, attempt);
    if (!failed) return undefined;
    if (failed.attempts > 1) disown(parent, failed);
    owe(parent, attempt);
    return { [RETRY_ATTEMPT]: attempt.attempts, [RETRY_DELAY_MS]: delayMs, [RETRY_POLICY]: POLICY };
  }

  #siblingsOf(parent: Span, target: string): Try[] {
    let targets = this.#parents.get(parent);
    if (!targets) this.#parents.set(parent, (targets = new Map()));
    let siblings = targets.get(target);
    if (!siblings) {
      if (targets.size >= MAX_TARGETS) targets.delete(targets.keys().next().value as string);
      targets.set(target, (siblings = []));
    }
    return siblings;
  }

  /** A call has ended. */
  ended(span: object, { failed, errorType }: EndedCall): void {
    const attempt = this.#tries.get(span);
    if (!attempt) return;
    attempt.endedAt = performance.now();
    attempt.errorType = errorType;
    attempt.outcome = failed ? 'failure' : 'success';
    if (failed) return;
    const at = attempt.siblings.indexOf(attempt);
    if (at >= 0) attempt.siblings.splice(at, 1);
    if (attempt.attempts > 1) summarise(attempt.parent, attempt);
  }
}
