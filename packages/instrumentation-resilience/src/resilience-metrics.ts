import type { Attributes, Counter } from '@opentelemetry/api';
import { guard, type Telemetry } from '@foreshock/kit';
import {
  BREAKER_CALLS,
  BREAKER_NAME,
  BREAKER_OUTCOME,
  BREAKER_STATE,
  BREAKER_TRANSITIONS,
  RETRY_POLICY,
  RETRY_RESENDS,
  RETRY_STORMS,
} from '@foreshock/kit/names';
import type { BreakerState } from './events.ts';

const PLACE = 'counting decisions';

/** By the last meter: they are the process's. */
let storms: Counter | undefined;

export function countStorm(): void {
  guard(PLACE, () => storms?.add(1));
}

/** One library's; a failing meter leaves spans alone. */
export class ResilienceMetrics {
  #calls: Counter | undefined;
  #transitions: Counter | undefined;
  #resends: Counter | undefined;

  constructor(telemetry: Telemetry) {
    telemetry.useMeter((meter) => {
      this.#calls = meter.createCounter(BREAKER_CALLS, {
        description: 'The number of calls through a circuit breaker',
        unit: '{call}',
      });
      this.#transitions = meter.createCounter(BREAKER_TRANSITIONS, {
        description: 'The number of times a circuit breaker changed to the state',
        unit: '{transition}',
      });
      this.#resends = meter.createCounter(RETRY_RESENDS, {
        description: 'The number of attempts beyond the first',
        unit: '{attempt}',
      });
      storms = meter.createCounter(RETRY_STORMS, {
        description: 'The number of times the resends to one target became too many',
        unit: '{storm}',
      });
      return () => {
        storms = undefined;
        this.#calls = this.#transitions = this.#resends = undefined;
      };
    });
  }

  called(breaker: string | undefined, outcome: string): void {
    guard(PLACE, () => this.#calls?.add(1, { ...named(breaker), [BREAKER_OUTCOME]: outcome }));
  }

  changed(breaker: string | undefined, state: BreakerState): void {
    guard(PLACE, () => this.#transitions?.add(1, { ...named(breaker), [BREAKER_STATE]: state }));
  }

  resent(policy: string): void {
    guard(PLACE, () => this.#resends?.add(1, { [RETRY_POLICY]: policy }));
  }
}

/** Unnamed ones share a point. */
function named(breaker: string | undefined): Attributes {
  return breaker === undefined ? {} : { [BREAKER_NAME]: breaker };
}
