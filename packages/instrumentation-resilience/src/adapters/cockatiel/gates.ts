import type { BreakerState, ChangeReason, PolicyCall, ResilienceEvents } from '../../events.ts';
import { errorOf, nameOf, type Executions, type Policy, type ObservedExecute, type Work } from './executions.ts';

/** Private only in TypeScript, here and below. */
interface Breaker extends Policy {
  readonly state: 0 | 1 | 2 | 3;
  readonly stateChangeEmitter: object;
}

interface Bulkhead extends Policy {
  readonly capacity: number;
  readonly active: number;
  readonly queue: readonly { readonly fn: Work }[];
}

/** Indexes of `CircuitState`. */
const STATES: readonly BreakerState[] = ['closed', 'open', 'half_open', 'open'];
const ISOLATED = 3;
const REASONS: readonly ChangeReason[] = ['probe', 'failures', 'reset_timeout'];

interface Entered {
  call: PolicyCall;
  letThrough: boolean;
}

/** A queued call re-enters `execute` with the same function, in another's context. */
export class Gates {
  readonly #resilience: ResilienceEvents;
  readonly #executions: Executions;
  readonly #entered = new WeakMap<Work, Entered>();
  /** Queued ever, perhaps wrapped. */
  readonly #queued = new WeakSet<Work>();

  constructor(resilience: ResilienceEvents, executions: Executions) {
    this.#resilience = resilience;
    this.#executions = executions;
  }

  readonly breaker = (policy: Breaker, given: Work): ObservedExecute => {
    const name = nameOf(policy);
    let isIsolated = policy.state === ISOLATED;
    this.#executions.onEmit(policy.stateChangeEmitter, (state: number) => {
      const isForced = state === ISOLATED || isIsolated;
      isIsolated = state === ISOLATED;
      this.#resilience.changed(policy, name, STATES[state] ?? 'closed', isForced ? 'forced' : REASONS[state]);
    });
    const { entered, work } = this.#enter(policy, 'breaker', given, () => {
      const state = STATES[policy.state] ?? 'closed';
      // 3 changes after the probe.
      return state === 'open' ? 'half_open' : state;
    });
    this.#executions.onResult(work, (execution) => {
      if ('success' in execution) entered.call.ended('success');
      else entered.call.ended('failure', errorOf(execution));
    });
    const returned = (): void => {
      const { state } = policy;
      if (entered.letThrough || STATES[state] !== 'open') return;
      entered.call.decided('open');
      // The caller's promise stays unhandled.
      entered.call.ended('failure', { code: state === ISOLATED ? 'IsolatedCircuitError' : 'BrokenCircuitError' });
    };
    return { work, returned };
  };

  readonly bulkhead = (policy: Bulkhead, given: Work, signal: AbortSignal | undefined): ObservedExecute | undefined => {
    if (this.#queued.has(given) && !this.#entered.has(given)) return undefined;
    const { entered, work } = this.#enter(policy, 'bulkhead', given, () => 'closed');
    const pending = policy.queue.length;
    const returned = (): void => {
      if (entered.letThrough || signal?.aborted) return;
      // Queued: the pool instrumentation's.
      if (policy.queue.length > pending) return void this.#queued.add(policy.queue.at(-1)!.fn);
      entered.call.decided('full', { used: policy.active, limit: policy.capacity, pending });
      entered.call.ended('failure', { code: 'BulkheadRejectedError' });
    };
    return { work, returned };
  };

  #enter(
    policy: Policy,
    kind: 'breaker' | 'bulkhead',
    given: Work,
    state: () => BreakerState,
  ): { entered: Entered; work: Work } {
    const before = this.#entered.get(given);
    if (before) return { entered: before, work: given };
    const entered: Entered = { call: this.#resilience.call(policy, kind, nameOf(policy)), letThrough: false };
    const work = this.#executions.workOf(given, () => {
      entered.letThrough = true;
      return entered.call.begin(state());
    });
    this.#entered.set(work, entered);
    return { entered, work };
  }
}
