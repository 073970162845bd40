import type { Caller } from '@foreshock/kit';

export type BreakerState = 'closed' | 'open' | 'half_open';

/**
 * Why a breaker changed its state: too many calls failed, its probe worked, its time was up, a check of its own failed,
 * or the application said so.
 */
export type ChangeReason = 'failures' | 'probe' | 'reset_timeout' | 'health_check' | 'forced';

/** Policies that decide about calls: only a breaker has a state that the calls inside are made in. */
export type PolicyKind = 'breaker' | 'timeout' | 'bulkhead' | 'fallback';

/** Why a policy did not just let a call through: its circuit is open, its time is up, it is full. */
export type Decision = 'open' | 'timeout' | 'full';

/** What a policy that lets only so many calls run at once had when it refused one. */
export interface Slots {
  used: number;
  limit: number;
  /** Calls in line, of a policy that has a line. */
  pending?: number;
  /** The call that has had a slot for the longest time, where that is known. */
  holder?: PolicyCall | undefined;
}

/** One call through a policy, from the caller's wish to what the policy gives back. */
export interface PolicyCall {
  /** Lets it through. What the policy protects is run by what this returns: its calls carry a breaker's name and this state. */
  begin(state: BreakerState): Caller;
  /** What answers instead is run by what this returns: its calls carry the outcome `fallback`. */
  fallBack(): Caller;
  /**
   * What the policy decided; {@link ended} follows.
   *
   * @param slots of a policy that is full
   */
  decided(decision: Decision, slots?: Slots): void;
  /** It gets what another call gets: that one was under way, or is remembered. */
  joins(other: PolicyCall): void;
  /** The policy has given its answer, a value, an error or what stands in for it; the first one counts. */
  ended(outcome: 'success' | 'failure' | 'fallback', error?: unknown): void;
}

/** One operation that may be tried several times. */
export interface Retry {
  /** The next attempt begins; it is run by what this returns: its calls carry its number. */
  begin(): Caller;
  /** The next attempt is sent by code that does not know of the policy. */
  sentElsewhere(): void;
  /**
   * The attempt failed; another may follow.
   *
   * @param delayMs before the next one, if the library tells; else it is measured
   */
  failed(error: unknown, delayMs?: number): void;
  /** How many attempts there may be, the first included, from a library that tells only when one has begun. */
  limited(maxAttempts: number): void;
  /** No attempt follows. After the last of `maxAttempts` {@link failed} says so, too. */
  ended(outcome: 'success' | 'failure', error?: unknown): void;
}

/** What an adapter of a breaker, retry or policy library reports. */
export interface ResilienceEvents {
  /**
   * Somebody calls through a policy.
   *
   * @param name undefined: it has none
   */
  call(policy: object, kind: PolicyKind, name: string | undefined): PolicyCall;
  /** The call of this policy that set off the code running now. */
  callHere(policy: object): PolicyCall | undefined;
  /**
   * A breaker changed its state.
   *
   * @param reason undefined: not known
   * @param byTimer no caller did it: it is shown on the next call
   */
  changed(
    breaker: object,
    name: string | undefined,
    state: BreakerState,
    reason?: ChangeReason,
    byTimer?: boolean,
  ): void;
  /**
   * Somebody asks for an operation under a retry policy.
   *
   * @param owner whom {@link retryHere} asks about
   * @param policy name of the library
   * @param maxAttempts the first one included; undefined when there is no limit, or it is not known
   * @param isCertain false: it may be of a kind that the policy does not try again; default true
   */
  retry(owner: object, policy: string, maxAttempts?: number, isCertain?: boolean): Retry;
  /** The operation of this owner of which the code running now is an attempt. */
  retryHere(owner: object): Retry | undefined;
}
