import { context, trace, type Attributes, type Context } from '@opentelemetry/api';
import { Caller, errorTypeOf, guard, withContextAttributes } from '@foreshock/kit';
import { RETRY_ATTEMPT, RETRY_DELAY_MS, RETRY_MAX_ATTEMPTS, RETRY_POLICY, RETRY_WAIT } from '@foreshock/kit/names';
import type { Retry } from './events.ts';
import type { OwnedCalls } from './owned-calls.ts';
import type { ResilienceMetrics } from './resilience-metrics.ts';
import { expectSummary, summarise, type Repeated } from './retry-summary.ts';
import { SentAttempt, sentAttemptOf, Sends, withSentAttempt, type SentAttempts } from './sends.ts';
import { upstreamAttempts, withUpstreamAttempts } from './upstream-attempts.ts';

/** Shorter waits are hard to see. */
const SHOWN_WAIT_MS = 100;

export interface RetryDescription {
  owner: object;
  policy: string;
  maxAttempts: number | undefined;
  isCertain: boolean;
  /** Whether called services receive the attempt. */
  propagate: boolean;
}

export class RetriedCall implements Retry, Repeated, SentAttempts {
  readonly policy: string;
  readonly #description: RetryDescription;
  readonly #calls: OwnedCalls<Retry>;
  readonly #metrics: ResilienceMetrics;
  /** Siblings in the caller's context. */
  readonly #context: Context = context.active();
  readonly #parent = trace.getSpan(this.#context);
  /** With an outer policy: one operation. */
  readonly #sends: Sends = sentAttemptOf(this.#context)?.sends ?? new Sends(upstreamAttempts(this.#context));
  attempts = 0;
  sentAttempts = 0;
  totalDelayMs = 0;
  errorType: string | undefined;
  outcome: 'success' | 'failure' | undefined;
  #attempt: SentAttempt | undefined;
  #attributes: Attributes = {};
  #maxAttempts: number | undefined;
  #delayMs: number | undefined;
  #failedAt: number | undefined;
  #ended = false;

  constructor(description: RetryDescription, calls: OwnedCalls<Retry>, metrics: ResilienceMetrics) {
    this.policy = description.policy;
    this.#description = description;
    this.#maxAttempts = description.maxAttempts;
    this.#calls = calls;
    this.#metrics = metrics;
  }

  begin(): Caller {
    return new Caller(guard('an attempt', () => this.#next()) ?? this.#context);
  }

  sentElsewhere(): void {
    this.#next();
    this.sentAttempts++;
  }

  #next(): Context {
    const { owner, policy, propagate, isCertain } = this.#description;
    this.#over();
    const number = ++this.attempts;
    if (number > 1) this.#resent();
    this.outcome = undefined;
    this.#ended = false;
    const attempt = (this.#attempt = new SentAttempt(this.#sends, this, number));
    const where = withSentAttempt(this.#calls.within(this.#context, owner, this), attempt);
    // One attempt is no retry, but perhaps in a loop.
    if (number === 1 && (!isCertain || this.#maxAttempts === 1)) return where;
    // Even undefined: hides an outer's.
    const delayMs = number > 1 ? this.#delayMs : undefined;
    const attributes = {
      [RETRY_ATTEMPT]: number,
      [RETRY_POLICY]: policy,
      [RETRY_MAX_ATTEMPTS]: this.#maxAttempts,
      [RETRY_DELAY_MS]: delayMs,
    } as Attributes;
    this.#attributes = attributes;
    const attempted = withContextAttributes(where, attributes, attempt);
    return propagate ? withUpstreamAttempts(attempted, attempt) : attempted;
  }

  #resent(): void {
    this.#delayMs = Math.round(this.#delayMs ?? (this.#failedAt ? performance.now() - this.#failedAt : 0));
    this.totalDelayMs += this.#delayMs;
    this.#waited(this.#delayMs);
    this.#metrics.resent(this.policy);
    // Another attempt after the end: the policy does not count all.
    if (this.#parent && (this.attempts === 2 || this.#ended)) expectSummary(this.#parent, this);
  }

  #over(): void {
    if (this.#attempt) this.#attempt.over = true;
  }

  limited(maxAttempts: number): void {
    this.#maxAttempts = maxAttempts;
    this.#attributes[RETRY_MAX_ATTEMPTS] = maxAttempts;
  }

  failed(error: unknown, delayMs?: number): void {
    this.#over();
    this.#failedAt = performance.now();
    this.#delayMs = delayMs;
    this.outcome = 'failure';
    this.errorType = error === undefined ? undefined : errorTypeOf(error);
    if (this.#maxAttempts !== undefined && this.attempts >= this.#maxAttempts) this.ended('failure', error);
  }

  /** At its begin, where nothing else is: backends show events as marks in time. */
  #waited(delayMs: number): void {
    if (delayMs < SHOWN_WAIT_MS || this.#failedAt === undefined) return;
    const attributes = { [RETRY_DELAY_MS]: delayMs, [RETRY_ATTEMPT]: this.attempts, [RETRY_POLICY]: this.policy };
    this.#parent?.addEvent(RETRY_WAIT, attributes, this.#failedAt);
  }

  ended(outcome: 'success' | 'failure', error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#over();
    this.outcome = outcome;
    if (error !== undefined) this.errorType = errorTypeOf(error);
    if (this.#parent && this.attempts > 1) summarise(this.#parent, this);
  }
}
