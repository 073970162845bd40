import type { Counter } from '@opentelemetry/api';
import { guard, type Telemetry } from '@foreshock/kit';
import {
  BREAKER_CALLS,
  BREAKER_NAME,
  BREAKER_OUTCOME,
  BREAKER_STATE,
  BREAKER_TRANSITIONS,
  RETRY_POLICY,
  RETRY_RESENDS,
} from '@foreshock/kit/names';
import type { BreakerState } from './events.ts';

const PLACE = 'counting decisions';

/** What breakers decided and retries repeated, of one library. A meter that fails costs no span. */
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
      return () => {
        this.#calls = this.#transitions = this.#resends = undefined;
      };
    });
  }

  called(breaker: string, outcome: string): void {
    guard(PLACE, () => this.#calls?.add(1, { [BREAKER_NAME]: breaker, [BREAKER_OUTCOME]: outcome }));
  }

  changed(breaker: string, state: BreakerState): void {
    guard(PLACE, () => this.#transitions?.add(1, { [BREAKER_NAME]: breaker, [BREAKER_STATE]: state }));
  }

  resent(policy: string): void {
    guard(PLACE, () => this.#resends?.add(1, { [RETRY_POLICY]: policy }));
  }
}
