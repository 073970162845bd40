import { executionAsyncResource } from 'node:async_hooks';
import { trace, type Context, type Span } from '@opentelemetry/api';
import { attributeOf, callerOf, requestContentOf, setCaller } from '@foreshock/kit';
import { beginFlowCall, flowCallOf } from './call-flow.ts';
import { candidatesOf, outermost } from './callers.ts';
import { FailedCall, failedCallsOf, handOver, rememberFailed, someFailedLately } from './failed-call.ts';
import { markAnswered, wasAnswered } from './polled-requests.ts';
import { PossibleRepeat } from './possible-repeat.ts';
import { identityOf } from './request-identity.ts';
import { summarise } from './retry-summary.ts';

/** What of a span is read: the SDK's, or our own. */
interface SdkSpan extends Span {
  readonly name: string;
}

const possibleRepeats = new WeakMap<Span, PossibleRepeat>();

/**
 * A call by HTTP begins, the first of a policy's or nobody's.
 *
 * @param decided called before the span ends, with the repeat it is or undefined; only if this returns true
 * @returns whether it may be one that failed before, sent again
 */
export function callStarted(
  span: Span,
  where: Context,
  decided: (repeat: PossibleRepeat | undefined) => void,
): boolean {
  const parent = trace.getSpan(where);
  const place = parent ? where : (beginFlowCall(where) ?? where);
  setCaller(span, place);
  if (!someFailedLately(performance.now()) || isRunByInterval()) return false;
  const candidates = parent ? candidatesOf(parent) : (flowCallOf(place)?.failures() ?? []);
  if (candidates.length === 0) return false;
  possibleRepeats.set(span, new PossibleRepeat(span, candidates, () => identityOfCall(span), decided));
  return true;
}

/** A policy sends a call again: the failure before is its own, and no loop's. */
export function callResent(span: Span, where: Context): void {
  setCaller(span, where);
  const parent = trace.getSpan(where);
  if (!parent || !someFailedLately(performance.now())) return;
  const target = `${String(attributeOf(span, 'http.request.method'))} ${String(attributeOf(span, 'url.full'))}`;
  const before = candidatesOf(parent).find(({ failed }) => failed.identity.startsWith(target));
  before?.failed.retried();
}

/** A span that is no call begins: there may be one around each attempt. */
export function spanStarted(span: Span, where: Context): void {
  setCaller(span, where);
}

export function spanEnded(span: Span): void {
  const where = callerOf(span);
  if (!where) return;
  setCaller(span, undefined);
  if (!failedCallsOf(span)) return;
  const parent = trace.getSpan(where);
  if (parent?.isRecording()) handOver(span, parent, (span as SdkSpan).name);
}

/**
 * A call by HTTP has failed in a way that is tried again; told at the head of its response, or at its end.
 *
 * @param resends requests sent before it for the same operation, as a policy counts them
 */
export function callFailed(span: Span, errorType: string | undefined, resends: number): void {
  const where = callerOf(span);
  if (!where) return;
  const identity = identityOfCall(span);
  // Answered before its body was sent: its end will know more.
  if (identity === undefined) return;
  setCaller(span, undefined);
  const repeat = possibleRepeats.get(span);
  if (repeat) {
    repeat.decide(true);
    repeat.outcome = 'failure';
    repeat.errorType = errorType;
  }
  const caller = trace.getSpan(where);
  const flow = caller ? undefined : flowCallOf(where);
  if (caller ? hasAnswered(caller, span) : flow?.polls(identity)) {
    if (flow) flow.answered = identity;
    return;
  }
  const isRetry = repeat?.isRetry === true;
  const sent = isRetry ? repeat.resends : resends;
  const failed = new FailedCall(identity, sent, isRetry ? repeat : undefined, repeat?.earlier ?? []);
  possibleRepeats.delete(span);
  rememberFailed(caller, failed);
  if (flow) flow.failed = failed;
}

/** The head of a response is here: the caller may end before the body does. */
export function callAnswered(span: Span): void {
  if (someFailedLately(performance.now())) possibleRepeats.get(span)?.decide(false);
}

/** A call by HTTP has ended, and did not fail. */
export function callSucceeded(span: Span): void {
  const where = callerOf(span);
  if (!where) return;
  setCaller(span, undefined);
  const caller = trace.getSpan(where);
  if (caller) {
    const { spanId } = outermost(caller).spanContext();
    markAnswered(spanId, methodOf(span), urlOf(span), requestContentOf(span)?.bodyDigest);
  } else {
    const flow = flowCallOf(where);
    if (flow) flow.answered = identityOfCall(span);
  }
  const repeat = possibleRepeats.get(span);
  if (!repeat?.isRetry) return;
  repeat.outcome = 'success';
  if (repeat.caller) summarise(repeat.caller, repeat);
}

function hasAnswered(caller: Span, span: Span): boolean {
  const { spanId } = outermost(caller).spanContext();
  return wasAnswered(spanId, methodOf(span), urlOf(span), requestContentOf(span)?.bodyDigest);
}

/** Each run of an interval is a caller of its own; lib/internal/timers.js keeps its period in `_repeat`. */
function isRunByInterval(): boolean {
  const { _repeat: period } = executionAsyncResource() as { _repeat?: unknown };
  return typeof period === 'number';
}

function identityOfCall(span: Span): string | undefined {
  return identityOf(methodOf(span), urlOf(span), requestContentOf(span));
}

function methodOf(span: Span): string {
  return String(attributeOf(span, 'http.request.method'));
}

function urlOf(span: Span): string {
  return String(attributeOf(span, 'url.full'));
}
