import { context, trace, type Attributes } from '@opentelemetry/api';
import { noteBreaker } from './breaker-lines.ts';
import { dependencies, type InstrumentationConfig, type Telemetry } from '@foreshock/kit';
import {
  BREAKER_NAME,
  BREAKER_PREVIOUS_STATE,
  BREAKER_REASON,
  BREAKER_STATE,
  BREAKER_TRANSITION,
} from '@foreshock/kit/names';
import type { BreakerState, ChangeReason, PolicyCall, PolicyKind, ResilienceEvents, Retry } from './events.ts';
import { OpeningSpans } from './opening-spans.ts';
import { OwnedCalls } from './owned-calls.ts';
import { DecidedCall } from './policy-call.ts';
import { ResilienceMetrics } from './resilience-metrics.ts';
import { RetriedCall } from './retried-call.ts';

export interface ResilienceConfig extends InstrumentationConfig {
  /** Later attempts send `baggage` entry `retry.upstream_attempts`. Default true. */
  propagateAttempts?: boolean;
}

/** Longer ones are cut. */
const MAX_NAME = 100;

const MAX_UNSEEN = 4;

interface Change {
  attributes: Attributes;
  /** Milliseconds since 1970. */
  at: number;
}

export function openResilience(telemetry: Telemetry, config: ResilienceConfig): ResilienceEvents {
  const propagate = config.propagateAttempts !== false;
  const metrics = new ResilienceMetrics(telemetry);
  const calls = new OwnedCalls<PolicyCall>();
  const retries = new OwnedCalls<Retry>();
  const states = new WeakMap<object, BreakerState>();
  /** Changes not yet on a recorded span, oldest first, for the next call. */
  const unseen = new WeakMap<object, Change[]>();
  const openings = new OpeningSpans();

  function call(policy: object, kind: PolicyKind, name: string | undefined): PolicyCall {
    const changes = unseen.get(policy);
    if (changes) show(policy, changes);
    return new DecidedCall(policy, kind, name?.slice(0, MAX_NAME), calls, openings, metrics, telemetry);
  }

  function show(policy: object, changes: readonly Change[]): void {
    const span = trace.getActiveSpan();
    if (!span?.isRecording()) return;
    unseen.delete(policy);
    for (const { attributes, at } of changes) span.addEvent(BREAKER_TRANSITION, attributes, at);
  }

  function changed(
    breaker: object,
    name: string | undefined,
    state: BreakerState,
    reason?: ChangeReason,
    byTimer = false,
  ): void {
    const from = states.get(breaker) ?? 'closed';
    if (from === state) return;
    states.set(breaker, state);
    const shortName = name?.slice(0, MAX_NAME);
    metrics.changed(shortName, state);
    noteBreaker(shortName, state);
    if (shortName !== undefined) dependencies()?.breakerChanged(shortName, state === 'open');
    const attributes: Attributes = {
      ...(shortName !== undefined && { [BREAKER_NAME]: shortName }),
      [BREAKER_PREVIOUS_STATE]: from,
      [BREAKER_STATE]: state,
      ...(reason !== undefined && { [BREAKER_REASON]: reason }),
    };
    const changes = [...(unseen.get(breaker) ?? []), { attributes, at: Date.now() }].slice(-MAX_UNSEEN);
    unseen.set(breaker, changes);
    // A timer's context is an unrelated request's.
    const span = byTimer ? undefined : trace.getActiveSpan();
    openings.changed(breaker, state, span?.isRecording() ? span.spanContext() : undefined);
    if (!byTimer) show(breaker, changes);
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
