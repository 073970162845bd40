import type { Span } from '@opentelemetry/api';
import { guard } from '@foreshock/kit';
import type { Candidate } from './callers.ts';
import type { FailedCall } from './failed-call.ts';
import { forgetSummary, expectSummary, type Repeated } from './retry-summary.ts';

/** `retry.policy` of hand-written loops. */
export const LOOP = 'loop';

/** Decided at its end, with its body sent and unrelated callers ended. */
export class PossibleRepeat implements Repeated {
  readonly policy = LOOP;
  readonly #startedAt = performance.now();
  readonly #candidates: readonly Candidate[];
  readonly #identityOf: () => string | undefined;
  readonly #decided: (repeat: PossibleRepeat | undefined) => void;
  #isDecided = false;
  attempts = 1;
  resends = 0;
  delayMs = 0;
  totalDelayMs = 0;
  errorType: string | undefined;
  outcome: 'success' | 'failure' | undefined;
  #caller: Span | undefined;

  /** @param decided once before the span ends, with this if a retry */
  constructor(
    span: Span,
    candidates: readonly Candidate[],
    identityOf: () => string | undefined,
    decided: (repeat: PossibleRepeat | undefined) => void,
  ) {
    this.#candidates = candidates;
    this.#identityOf = identityOf;
    this.#decided = decided;
    const { end } = span;
    // SDK 2.x's span processors lack `onEnding`.
    span.end = (...args) => {
      guard('recognising a retry', () => this.decide(true));
      return end.apply(span, args);
    };
  }

  get earlier(): FailedCall[] {
    return this.#candidates.map(({ failed }) => failed);
  }

  get isRetry(): boolean {
    return this.attempts > 1;
  }

  get caller(): Span | undefined {
    return this.#caller;
  }

  /** @param isOver false before its end: its body may be incomplete */
  decide(isOver: boolean): void {
    if (this.#isDecided) return;
    const identity = this.#identityOf();
    if (identity === undefined && !isOver) return;
    this.#isDecided = true;
    const match = identity === undefined ? undefined : this.#match(identity);
    if (!match) return this.#decided(undefined);
    const { failed, caller } = match;
    const { loop } = failed;
    this.attempts = (loop?.attempts ?? 1) + 1;
    this.resends = failed.resends + 1;
    this.delayMs = Math.round(this.#startedAt - failed.endedAt);
    this.totalDelayMs = (loop?.totalDelayMs ?? 0) + this.delayMs;
    this.#caller = caller;
    if (caller && loop) forgetSummary(caller, loop);
    failed.retried();
    this.#decided(this);
  }

  #match(identity: string): Candidate | undefined {
    return this.#candidates.find(
      ({ failed, caller }) =>
        failed.isRetriedBy(identity, this.#startedAt) && (caller === undefined || caller.isRecording()),
    );
  }

  expectSummary(): void {
    if (this.#caller) expectSummary(this.#caller, this);
  }
}
