import { context, trace, type Attributes, type Context } from '@opentelemetry/api';
import { errorTypeOf, guard, runIn, withFacts } from '@foreshock/kit';
import { RETRY_ATTEMPT, RETRY_DELAY_MS, RETRY_MAX_ATTEMPTS, RETRY_POLICY } from '@foreshock/kit/names';
import type { Retry } from './events.ts';
import type { OwnedCalls } from './owned-calls.ts';
import type { ResilienceMetrics } from './resilience-metrics.ts';
import { owe, summarise, type Repeated } from './retry-summary.ts';
import { Sends, withSends } from './sends.ts';
import { tellAttempt } from './upstream-attempts.ts';

export interface RetryDescription {
  owner: object;
  policy: string;
  maxAttempts: number | undefined;
  /** Whether the services called are told the attempt. */
  propagate: boolean;
}

/** One operation under a retry policy, from its first attempt to its last. */
export class RetriedCall implements Retry, Repeated {
  readonly policy: string;
  readonly #description: RetryDescription;
  readonly #calls: OwnedCalls<Retry>;
  readonly #metrics: ResilienceMetrics;
  /** Where the operation was asked for: attempts are siblings, none is made inside another. */
  readonly #context: Context = context.active();
  readonly #parent = trace.getSpan(this.#context);
  readonly #sends = new Sends();
  attempts = 0;
  totalDelayMs = 0;
  errorType: string | undefined;
  outcome: 'success' | 'failure' | undefined;
  #attempt = { over: true };
  #facts: Attributes = {};
  #maxAttempts: number | undefined;
  #delayMs: number | undefined;
  #failedAt = 0;
  #ended = false;

  constructor(description: RetryDescription, calls: OwnedCalls<Retry>, metrics: ResilienceMetrics) {
    this.policy = description.policy;
    this.#description = description;
    this.#maxAttempts = description.maxAttempts;
    this.#calls = calls;
    this.#metrics = metrics;
  }

  attempt<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R {
    return runIn(guard('an attempt', () => this.#next()) ?? this.#context, fn, self, args);
  }

  sentElsewhere(): void {
    this.#next();
    this.#sends.before(this.attempts);
  }

  /** The context of the next attempt. */
  #next(): Context {
    const { owner, policy, propagate } = this.#description;
    this.#attempt.over = true;
    this.#attempt = { over: false };
    const attempt = ++this.attempts;
    const facts: Attributes = { [RETRY_ATTEMPT]: attempt, [RETRY_POLICY]: policy };
    this.#facts = facts;
    if (this.#maxAttempts !== undefined) this.limited(this.#maxAttempts);
    if (attempt > 1) {
      const delayMs = Math.round(this.#delayMs ?? performance.now() - this.#failedAt);
      facts[RETRY_DELAY_MS] = delayMs;
      this.totalDelayMs += delayMs;
      this.#metrics.resent(policy);
      // Tried again although its policy had it done: it does not count every attempt.
      if (this.#parent && (attempt === 2 || this.#ended)) owe(this.#parent, this);
    }
    this.outcome = undefined;
    this.#ended = false;
    const attempted = withSends(withFacts(this.#context, facts, this.#attempt), this.#sends);
    const where = this.#calls.within(attempted, owner, this);
    return propagate ? tellAttempt(where, attempt) : where;
  }

  limited(maxAttempts: number): void {
    this.#maxAttempts = maxAttempts;
    this.#facts[RETRY_MAX_ATTEMPTS] = maxAttempts;
  }

  failed(error: unknown, delayMs?: number): void {
    this.#attempt.over = true;
    this.#failedAt = performance.now();
    this.#delayMs = delayMs;
    this.outcome = 'failure';
    this.errorType = error === undefined ? undefined : errorTypeOf(error);
    if (this.#maxAttempts !== undefined && this.attempts >= this.#maxAttempts) this.ended('failure', error);
  }

  ended(outcome: 'success' | 'failure', error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#attempt.over = true;
    this.outcome = outcome;
    if (error !== undefined) this.errorType = errorTypeOf(error);
    if (this.#parent && this.attempts > 1) summarise(this.#parent, this);
  }
}
