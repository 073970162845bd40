import { context, createContextKey, type Context } from '@opentelemetry/api';
import { attach } from '@foreshock/kit';
import type { Candidate } from './callers.ts';
import type { FailedCall } from './failed-call.ts';

const FLOW = createContextKey('foreshock.call-flow');

/** Calls before one that are looked at. */
const MAX_BEFORE = 8;

/**
 * A call without a parent span. What runs after it in the same asynchronous flow finds it: a loop finds its last
 * call, while the next run of an interval, or another user's request, does not.
 */
class FlowCall {
  before: FlowCall | undefined;
  failed: FailedCall | undefined;
  /** `requestHash` of a request that was answered here before. */
  answered: number | undefined;

  constructor(before: FlowCall | undefined) {
    this.before = before;
    let last = before;
    for (let i = 1; i < MAX_BEFORE; i++) last = last?.before;
    if (last) last.before = undefined;
  }

  /** The calls that failed before it; undefined, without an allocation, where none did. */
  failures(): Candidate[] | undefined {
    let candidates: Candidate[] | undefined;
    for (let call = this.before; call; call = call.before) {
      if (call.failed) (candidates ??= []).push({ failed: call.failed, caller: undefined });
    }
    return candidates;
  }

  /** Whether this flow has had the same request answered before. */
  polls(request: number): boolean {
    for (let call = this.before; call; call = call.before) if (call.answered === request) return true;
    return false;
  }
}

/**
 * Makes a call known to what runs after it.
 *
 * @returns the context it is known in; undefined when the span is not started where the code runs
 */
export function beginFlowCall(where: Context): Context | undefined {
  if (context.active() !== where) return undefined;
  const next = where.setValue(FLOW, new FlowCall(where.getValue(FLOW) as FlowCall | undefined));
  return attach(next) ? next : undefined;
}

export function flowCallOf(where: Context): FlowCall | undefined {
  return where.getValue(FLOW) as FlowCall | undefined;
}
