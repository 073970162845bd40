import { channel } from 'node:diagnostics_channel';
import type { BreakerState } from './events.ts';

export type { BreakerState };

/** A breaker of your own, as Foreshock is to see it. */
export interface Breaker {
  /** The state it is in; set it whenever it changes. Default `closed`. */
  state: BreakerState;
  /**
   * Runs a call that it lets through, whose spans then carry its name and state.
   *
   * @returns what `fn` returns, the same object; what `fn` throws passes through
   */
  call<R>(fn: () => R): R;
  /**
   * It turned a call away.
   *
   * @param error what the caller gets instead; none: the caller gets an answer from elsewhere
   */
  rejected(error?: unknown): void;
}

/** The message of the channels; none is published while there is no subscriber. */
export interface BreakerMessage {
  readonly breaker: Breaker;
  readonly name: string;
  readonly state: BreakerState;
  readonly error?: unknown;
  /** Set by a listener of `foreshock:breaker:call`: how to run what is let through. */
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
    // Telling us something wrong must not break the breaker.
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
 * Shows a hand-written breaker in traces, in three lines of it:
 *
 * ```js
 * const payments = breaker('payments');
 * if (open) { payments.rejected(error); throw error; }
 * return payments.call(() => fetch(url)); // and `payments.state = 'open'` when it opens
 * ```
 *
 * It decides nothing, and does nothing while Foreshock is not running.
 *
 * @param name of what it protects, few different ones: it is part of a span's name
 */
export function breaker(name: string): Breaker {
  return new HandWrittenBreaker(name);
}
