import { context, trace, type Attributes, type Span } from '@opentelemetry/api';
import type { InstrumentationConfig, Telemetry } from '@foreshock/kit';
import { BREAKER_NAME, BREAKER_PREVIOUS_STATE, BREAKER_STATE, BREAKER_TRANSITION } from '@foreshock/kit/names';
import type { BreakerState, PolicyCall, PolicyKind, ResilienceEvents, Retry } from './events.ts';
import { OwnedCalls } from './owned-calls.ts';
import { DecidedCall } from './policy-call.ts';
import { ResilienceMetrics } from './resilience-metrics.ts';
import { RetriedCall } from './retried-call.ts';

export interface ResilienceConfig extends InstrumentationConfig {
  /**
   * Whether the services called from a second or later attempt are told so, by the `baggage` entry
   * `retry.upstream_attempts`. Default true.
   */
  propagateAttempts?: boolean;
}

/** Longest name of a policy that is recorded. */
const MAX_NAME = 100;

/** Turns what adapters of breakers, retries and other policies report into facts, spans, events and metrics. */
export function openResilience(telemetry: Telemetry, config: ResilienceConfig): ResilienceEvents {
  const propagate = config.propagateAttempts !== false;
  const metrics = new ResilienceMetrics(telemetry);
  const calls = new OwnedCalls<PolicyCall>();
  const retries = new OwnedCalls<Retry>();
  const states = new WeakMap<object, BreakerState>();
  /** Breakers that half-opened by themselves: the next call is the probe, and shows it. */
  const halfOpened = new WeakMap<object, Attributes>();

  function call(policy: object, kind: PolicyKind, name: string | undefined): PolicyCall {
    const change = halfOpened.get(policy);
    if (change) {
      halfOpened.delete(policy);
      trace.getActiveSpan()?.addEvent(BREAKER_TRANSITION, change);
    }
    return new DecidedCall(policy, kind, name?.slice(0, MAX_NAME), calls, metrics, telemetry);
  }

  function changed(breaker: object, name: string | undefined, state: BreakerState, byItself = false): void {
    const from = states.get(breaker) ?? 'closed';
    if (from === state) return;
    states.set(breaker, state);
    const shortName = name?.slice(0, MAX_NAME);
    metrics.changed(shortName, state);
    const change: Attributes = {
      ...(shortName !== undefined && { [BREAKER_NAME]: shortName }),
      [BREAKER_PREVIOUS_STATE]: from,
      [BREAKER_STATE]: state,
    };
    halfOpened.delete(breaker);
    // A timer runs in the context of the request that set it, which has nothing to do with this.
    const span: Span | undefined = byItself ? undefined : trace.getActiveSpan();
    if (span?.isRecording()) span.addEvent(BREAKER_TRANSITION, change);
    else if (state === 'half_open') halfOpened.set(breaker, change);
  }

  return {
    call,
    callHere: (policy) => calls.in(context.active(), policy),
    changed,
    retry: (owner, policy, maxAttempts, isCertain = true) =>
      new RetriedCall({ owner, policy, maxAttempts, isCertain, propagate }, retries, metrics),
    retryHere: (owner) => retries.in(context.active(), owner),
  };
}
