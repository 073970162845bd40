import { guard } from '@foreshock/kit';
import type { BreakerState, PolicyCall, ResilienceEvents } from '../events.ts';

export const NAME = 'cockatiel';

type Work = (...args: any[]) => unknown;

/** How one execution is watched. */
export interface Watched {
  /** What the policy is given to call in place of the caller's function. */
  work: Work;
  /** How the policy's own code is run; default: just so. */
  run?: (execute: Work, self: unknown, args: unknown[]) => unknown;
  /** `execute` has returned its promise: what it did not do by now it refused, or put in line. */
  returned?: () => void;
}

/** What `ExecuteWrapper.invoke` (dist/common/Executor.js) makes of an execution. */
type Execution = { success: unknown } | { value: unknown } | { error: unknown; thrown?: boolean };

/** What of the policies (dist/*Policy.js) is read; it is private to TypeScript only. */
interface Policy {
  /** Not cockatiel's, whose policies have no names: whoever wants his told apart sets one. */
  readonly name?: unknown;
}

interface Breaker extends Policy {
  /** `CircuitState`. */
  readonly state: 0 | 1 | 2 | 3;
  readonly stateChangeEmitter: object;
}

interface Bulkhead extends Policy {
  readonly capacity: number;
  readonly active: number;
  readonly queue: readonly unknown[];
}

/** `CircuitState`: closed, open, half-open, isolated. */
const STATES: readonly BreakerState[] = ['closed', 'open', 'half_open', 'open'];

function nameOf({ name }: Policy): string {
  return typeof name === 'string' && name !== '' ? name : NAME;
}

/** A call in a breaker or bulkhead, which comes back to `execute` with the same function after it stood in line. */
interface Entered {
  call: PolicyCall;
  letThrough: boolean;
}

/** Watches executions of each kind of policy. */
export class CockatielPolicies {
  readonly #resilience: ResilienceEvents;
  /** By the function that stands for an execution. */
  readonly #hearers = new WeakMap<Work, (execution: Execution) => void>();
  readonly #entered = new WeakMap<Work, Entered>();
  readonly #emitters = new WeakMap<object, (value: any) => void>();
  /** The caller's signal of a call with a time-out. */
  readonly #signals = new WeakMap<PolicyCall, AbortSignal>();

  constructor(resilience: ResilienceEvents) {
    this.#resilience = resilience;
  }

  /** An execution has begun; the policy awaits this promise of `invoke`, nobody else has it. */
  invoked(work: unknown, execution: Promise<Execution>): void {
    const hear = this.#hearers.get(work as Work);
    if (!hear) return;
    execution.then(
      (result) => void guard(NAME, () => hear(result)),
      (error: unknown) => void guard(NAME, () => hear({ error, thrown: true })),
    );
  }

  emitted(emitter: object, value: unknown): void {
    this.#emitters.get(emitter)?.(value);
  }

  readonly breaker = (policy: Breaker, given: Work): Watched => {
    const name = nameOf(policy);
    if (!this.#emitters.has(policy.stateChangeEmitter)) {
      this.#emitters.set(policy.stateChangeEmitter, (state: number) =>
        this.#resilience.changed(policy, name, STATES[state] ?? 'closed'),
      );
    }
    const { entered, work } = this.#enter(policy, 'breaker', given, () => {
      const state = STATES[policy.state] ?? 'closed';
      // Version 3 runs the probe first and changes its state then.
      return state === 'open' ? 'half_open' : state;
    });
    this.#hearers.set(work, (execution) => {
      if ('success' in execution) entered.call.ended('success');
      else entered.call.ended('failure', 'error' in execution ? execution.error : undefined);
    });
    const returned = (): void => {
      const { state } = policy;
      if (entered.letThrough || STATES[state] !== 'open') return;
      entered.call.decided('open');
      // The error itself is in a promise that is the caller's to handle.
      entered.call.ended('failure', { code: state === 3 ? 'IsolatedCircuitError' : 'BrokenCircuitError' });
    };
    return { work, returned };
  };

  readonly bulkhead = (policy: Bulkhead, given: Work, signal: AbortSignal | undefined): Watched => {
    const { entered, work } = this.#enter(policy, 'bulkhead', given, () => 'closed');
    const line = { used: policy.active, limit: policy.capacity, pending: policy.queue.length };
    const returned = (): void => {
      if (entered.letThrough || signal?.aborted) return;
      if (policy.queue.length > line.pending) return entered.call.waiting(line);
      entered.call.decided('full');
      entered.call.ended('failure', { code: 'BulkheadRejectedError' });
    };
    return { work, returned };
  };

  /** The call of which `given` is the function, or which already goes by the function it was given for it. */
  #enter(
    policy: Policy,
    kind: 'breaker' | 'bulkhead',
    given: Work,
    state: () => BreakerState,
  ): { entered: Entered; work: Work } {
    const before = this.#entered.get(given);
    if (before) return { entered: before, work: given };
    const entered: Entered = { call: this.#resilience.call(policy, kind, nameOf(policy)), letThrough: false };
    const work: Work = (...args) => {
      entered.letThrough = true;
      return entered.call.run(state(), given, undefined, args);
    };
    this.#entered.set(work, entered);
    return { entered, work };
  }

  readonly retry = (
    policy: Policy & { options: { maxAttempts: number } },
    given: Work,
    signal: AbortSignal | undefined,
  ): Watched => {
    const { maxAttempts } = policy.options;
    const retry = this.#resilience.retry(policy, NAME, maxAttempts === Infinity ? undefined : maxAttempts + 1);
    const work: Work = (...args) => retry.attempt(given, undefined, args);
    this.#hearers.set(work, (execution) => {
      if ('success' in execution) return retry.ended('success');
      const error = 'error' in execution ? execution.error : undefined;
      retry.failed(error);
      if (signal?.aborted || ('thrown' in execution && execution.thrown)) retry.ended('failure', error);
    });
    return { work };
  };

  readonly timeout = (
    policy: Policy & { timeoutEmitter: object },
    work: Work,
    signal: AbortSignal | undefined,
  ): Watched => {
    if (!this.#emitters.has(policy.timeoutEmitter)) {
      this.#emitters.set(policy.timeoutEmitter, () => this.#timedOut(policy));
    }
    const call = this.#resilience.call(policy, 'timeout', nameOf(policy));
    if (signal) this.#signals.set(call, signal);
    return { work, run: (execute, self, args) => call.run('closed', execute, self, args) };
  };

  #timedOut(policy: Policy): void {
    const call = this.#resilience.callHere(policy);
    // `onTimeout` fires for the caller's own cancellation too.
    if (!call || this.#signals.get(call)?.aborted) return;
    call.decided('timeout');
    call.ended('failure');
  }

  readonly fallback = (policy: Policy, given: Work): Watched => {
    const call = this.#resilience.call(policy, 'fallback', nameOf(policy));
    const work: Work = (...args) => given(...args);
    this.#hearers.set(work, (execution) => {
      if ('success' in execution || ('thrown' in execution && execution.thrown)) return;
      call.ended('fallback', 'error' in execution ? execution.error : undefined);
    });
    return { work };
  };
}
