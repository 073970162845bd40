import { context, createContextKey, type Context } from '@opentelemetry/api';
import { attach } from '@foreshock/kit';
import type { Candidate } from './callers.ts';
import type { FailedCall } from './failed-call.ts';

const FLOW = createContextKey('foreshock.call-flow');

const MAX_BEFORE = 8;

/** A parentless call, found by later code of the same flow: a loop. */
class FlowCall {
  before: FlowCall | undefined;
  failed: FailedCall | undefined;
  /** A successful request's `requestHash`. */
  answered: number | undefined;

  constructor(before: FlowCall | undefined) {
    this.before = before;
    let last = before;
    for (let i = 1; i < MAX_BEFORE; i++) last = last?.before;
    if (last) last.before = undefined;
  }

  /** Undefined, without allocation, if none. */
  failures(): Candidate[] | undefined {
    let candidates: Candidate[] | undefined;
    for (let call = this.before; call; call = call.before) {
      if (call.failed) (candidates ??= []).push({ failed: call.failed, caller: undefined });
    }
    return candidates;
  }

  polls(request: number): boolean {
    for (let call = this.before; call; call = call.before) if (call.answered === request) return true;
    return false;
  }
}

/** @returns undefined: the span's context is inactive */
export function beginFlowCall(where: Context): Context | undefined {
  if (context.active() !== where) return undefined;
  const next = where.setValue(FLOW, new FlowCall(where.getValue(FLOW) as FlowCall | undefined));
  return attach(next) ? next : undefined;
}

export function flowCallOf(where: Context): FlowCall | undefined {
  return where.getValue(FLOW) as FlowCall | undefined;
}
