import { observed, type MethodCalls } from '@foreshock/kit';
import type { PolicyCall, ResilienceEvents } from '../../events.ts';
import {
  errorOf,
  isThrown,
  NAME,
  nameOf,
  type Executions,
  type Policy,
  type ObservedExecute,
  type Work,
} from './executions.ts';

/** `execute` returns `value`'s result. */
interface FallbackPolicy extends Policy {
  value: (...args: unknown[]) => unknown;
}

export class Policies {
  readonly #resilience: ResilienceEvents;
  readonly #executions: Executions;
  readonly #valued = new WeakSet<object>();
  readonly #reasons = new WeakMap<PolicyCall, unknown>();
  readonly #signals = new WeakMap<PolicyCall, AbortSignal>();

  constructor(resilience: ResilienceEvents, executions: Executions) {
    this.#resilience = resilience;
    this.#executions = executions;
  }

  readonly retry = (
    policy: Policy & { options: { maxAttempts: number } },
    given: Work,
    signal: AbortSignal | undefined,
  ): ObservedExecute => {
    const { maxAttempts } = policy.options;
    const retry = this.#resilience.retry(policy, NAME, maxAttempts === Infinity ? undefined : maxAttempts + 1);
    const work = this.#executions.workOf(given, () => retry.begin());
    this.#executions.onResult(work, (execution) => {
      if ('success' in execution) return retry.ended('success');
      const error = errorOf(execution);
      retry.failed(error);
      if (signal?.aborted || isThrown(execution)) retry.ended('failure', error);
    });
    return { work };
  };

  readonly timeout = (
    policy: Policy & { timeoutEmitter: object },
    work: Work,
    signal: AbortSignal | undefined,
  ): ObservedExecute => {
    this.#executions.onEmit(policy.timeoutEmitter, () => this.#timedOut(policy));
    const call = this.#resilience.call(policy, 'timeout', nameOf(policy));
    if (signal) this.#signals.set(call, signal);
    return { work, within: () => call.begin('closed') };
  };

  #timedOut(policy: Policy): void {
    const call = this.#resilience.callHere(policy);
    // `onTimeout` fires for callers' aborts, too.
    if (!call || this.#signals.get(call)?.aborted) return;
    call.decided('timeout');
    call.ended('failure');
  }

  readonly fallback = (policy: FallbackPolicy, given: Work): ObservedExecute => {
    this.#observeValue(policy);
    const call = this.#resilience.call(policy, 'fallback', nameOf(policy));
    const work: Work = (...args) => given(...args);
    this.#executions.onResult(work, (execution) => {
      // `value` is called next turn.
      if (!('success' in execution) && !isThrown(execution)) this.#reasons.set(call, errorOf(execution));
    });
    return { work, within: () => call.begin('closed') };
  };

  /** Perhaps a promise that rejects: the outcome is known on settlement. */
  #observeValue(policy: FallbackPolicy): void {
    if (this.#valued.has(policy)) return;
    this.#valued.add(policy);
    const steps: MethodCalls<PolicyCall> = {
      begin: () => this.#resilience.callHere(policy),
      within: (call) => call.fallBack(),
      succeeded: (call) => call.ended('fallback', this.#reasons.get(call)),
      failed: (call, error) => call.ended('failure', error),
    };
    policy.value = observed(policy.value, steps, NAME);
  }
}
