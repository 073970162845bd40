import type { Caller } from '@foreshock/kit';

export type BreakerState = 'closed' | 'open' | 'half_open';

/** Too many failures, a successful probe, the reset timeout, a failed health check, the application. */
export type ChangeReason = 'failures' | 'probe' | 'reset_timeout' | 'health_check' | 'forced';

/** Only breakers' state applies inside. */
export type PolicyKind = 'breaker' | 'timeout' | 'bulkhead' | 'fallback';

/** Open circuit, timeout, no slot. */
export type Decision = 'open' | 'timeout' | 'full';

export interface Slots {
  used: number;
  limit: number;
  /** Queued calls. */
  pending?: number;
  /** By the oldest slot. */
  holder?: PolicyCall | undefined;
}

export interface PolicyCall {
  /** Lets it through: calls in this context get breaker name and state. */
  begin(state: BreakerState): Caller;
  /** Calls in this context get the outcome `fallback`. */
  fallBack(): Caller;
  /**
   * {@link ended} follows.
   *
   * @param slots of a full policy
   */
  decided(decision: Decision, slots?: Slots): void;
  /** Coalesced or cached: the other's result. */
  joins(other: PolicyCall): void;
  /** Returned or threw; the first counts. */
  ended(outcome: 'success' | 'failure' | 'fallback', error?: unknown): void;
}

export interface Retry {
  /** Calls in this context get its number. */
  begin(): Caller;
  /** Code outside the policy sends the next attempt. */
  sentElsewhere(): void;
  /**
   * Another may follow.
   *
   * @param delayMs before it; default measured
   */
  failed(error: unknown, delayMs?: number): void;
  /** A late-known maximum; first included. */
  limited(maxAttempts: number): void;
  /** The last; {@link failed} implies it after `maxAttempts`. */
  ended(outcome: 'success' | 'failure', error?: unknown): void;
}

export interface ResilienceEvents {
  call(policy: object, kind: PolicyKind, name: string | undefined): PolicyCall;
  /** Around the running code. */
  callHere(policy: object): PolicyCall | undefined;
  /**
   * @param reason undefined if unknown
   * @param byTimer outside any call: shown on the next
   */
  changed(
    breaker: object,
    name: string | undefined,
    state: BreakerState,
    reason?: ChangeReason,
    byTimer?: boolean,
  ): void;
  /**
   * @param owner key for {@link retryHere}
   * @param policy library name
   * @param maxAttempts first included; undefined: unknown
   * @param isCertain false: perhaps not this kind
   */
  retry(owner: object, policy: string, maxAttempts?: number, isCertain?: boolean): Retry;
  /** Around the running code. */
  retryHere(owner: object): Retry | undefined;
}
