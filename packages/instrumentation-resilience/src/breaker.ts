import { channel } from 'node:diagnostics_channel';
import type { BreakerState } from './events.ts';

export type { BreakerState };

export interface Breaker {
  /** Set it on every change. Default `closed`. */
  state: BreakerState;
  /**
   * Runs a permitted call, whose spans have the breaker's name and state.
   *
   * @returns the unchanged result of `fn`
   */
  call<R>(fn: () => R): R;
  /**
   * Records a refused call.
   *
   * @param error the caller's; default: a fallback answers
   */
  rejected(error?: unknown): void;
}

/** Published only with subscribers. */
export interface BreakerMessage {
  readonly breaker: Breaker;
  readonly name: string;
  readonly state: BreakerState;
  readonly error?: unknown;
  /** Set by a `foreshock:breaker:call` listener to run the call. */
  run?: (<R>(fn: () => R) => R) | undefined;
}

const CALL = channel('foreshock:breaker:call');
const STATE = channel('foreshock:breaker:state');
const REJECTED = channel('foreshock:breaker:rejected');
const STATES: readonly unknown[] = ['closed', 'open', 'half_open'];

class HandWrittenBreaker implements Breaker {
  readonly #name: string;
  #state: BreakerState = 'closed';

  constructor(name: string) {
    this.#name = String(name);
  }

  get state(): BreakerState {
    return this.#state;
  }

  set state(state: BreakerState) {
    // An invalid one must not break it.
    if (state === this.#state || !STATES.includes(state)) return;
    this.#state = state;
    if (STATE.hasSubscribers) STATE.publish(this.#message());
  }

  call<R>(fn: () => R): R {
    if (!CALL.hasSubscribers) return fn();
    const message = this.#message();
    CALL.publish(message);
    return message.run ? message.run(fn) : fn();
  }

  rejected(error?: unknown): void {
    if (REJECTED.hasSubscribers) REJECTED.publish({ ...this.#message(), error });
  }

  #message(): BreakerMessage {
    return { breaker: this, name: this.#name, state: this.#state };
  }
}

/**
 * Shows a hand-written breaker in traces:
 *
 * ```js
 * const payments = breaker('payments');
 * if (open) { payments.rejected(error); throw error; }
 * return payments.call(() => fetch(url)); // and `payments.state = 'open'` when it opens
 * ```
 *
 * It decides nothing, and does nothing without Foreshock.
 *
 * @param name low cardinality: part of a span name
 */
export function breaker(name: string): Breaker {
  return new HandWrittenBreaker(name);
}
