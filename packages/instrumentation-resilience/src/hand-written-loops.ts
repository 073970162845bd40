import { executionAsyncResource } from 'node:async_hooks';
import { trace, type Context, type Span } from '@opentelemetry/api';
import { attributeOf, callerOf, requestContentOf, setCaller } from '@foreshock/kit';
import { beginFlowCall, flowCallOf } from './call-flow.ts';
import { candidatesOf, outermost, type Candidate } from './callers.ts';
import { FailedCall, failedCallsOf, handOver, rememberFailed, someFailedLately } from './failed-call.ts';
import { markAnswered, requestHash, wasAnswered } from './polled-requests.ts';
import { PossibleRepeat } from './possible-repeat.ts';
import { identityOf } from './request-identity.ts';
import { summarise } from './retry-summary.ts';

interface SdkSpan extends Span {
  readonly name: string;
}

const possibleRepeats = new WeakMap<Span, PossibleRepeat>();

/**
 * Not a policy's resend.
 *
 * @returns failed calls it may repeat, if any
 */
export function callStarted(span: Span, where: Context, now: number): readonly Candidate[] | undefined {
  const parent = trace.getSpan(where);
  const place = parent ? where : (beginFlowCall(where) ?? where);
  setCaller(span, place);
  if (!someFailedLately(now)) return undefined;
  const candidates = parent ? candidatesOf(parent) : flowCallOf(place)?.failures();
  return candidates && !isRunByTimer(parent !== undefined) ? candidates : undefined;
}

/** @param decided before the span ends, with the repeat or undefined */
export function mayRepeat(
  span: Span,
  candidates: readonly Candidate[],
  decided: (repeat: PossibleRepeat | undefined) => void,
): void {
  possibleRepeats.set(span, new PossibleRepeat(span, candidates, () => identityOfCall(span), decided));
}

/** A policy's failure is no loop's. */
export function callResent(span: Span, where: Context): void {
  setCaller(span, where);
  const parent = trace.getSpan(where);
  if (!parent || !someFailedLately(performance.now())) return;
  const target = `${String(attributeOf(span, 'http.request.method'))} ${String(attributeOf(span, 'url.full'))}`;
  const before = candidatesOf(parent)?.find(({ failed }) => failed.identity.startsWith(target));
  before?.failed.retried();
}

/** Perhaps around each attempt. */
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
 * At the response's head or end.
 *
 * @param resends the policy's earlier requests
 */
export function callFailed(span: Span, errorType: string | undefined, resends: number): void {
  const where = callerOf(span);
  if (!where) return;
  const identity = identityOfCall(span);
  // Decided at the end, with the body.
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
  const request = hashOf(span);
  if (caller ? wasAnswered(idOf(caller), request) : flow?.polls(request)) {
    if (flow) flow.answered = request;
    return;
  }
  const isRetry = repeat?.isRetry === true;
  const sent = isRetry ? repeat.resends : resends;
  const failed = new FailedCall(identity, sent, isRetry ? repeat : undefined, repeat?.earlier ?? []);
  possibleRepeats.delete(span);
  rememberFailed(caller, failed);
  if (flow) flow.failed = failed;
}

/** Callers may end before the body. */
export function callAnswered(span: Span): void {
  possibleRepeats.get(span)?.decide(false);
}

export function callSucceeded(span: Span): void {
  const where = callerOf(span);
  if (!where) return;
  setCaller(span, undefined);
  const caller = trace.getSpan(where);
  if (caller) {
    markAnswered(idOf(caller), hashOf(span));
  } else {
    const flow = flowCallOf(where);
    if (flow) flow.answered = hashOf(span);
  }
  const repeat = possibleRepeats.get(span);
  if (!repeat?.isRetry) return;
  repeat.outcome = 'success';
  if (repeat.caller) summarise(repeat.caller, repeat);
}

function idOf(caller: Span): string {
  return outermost(caller).spanContext().spanId;
}

function hashOf(span: Span): number {
  return requestHash(methodOf(span), urlOf(span), requestContentOf(span)?.bodyDigest);
}

/**
 * Interval runs are separate callers; a spanless `setTimeout` loop may be polling. `_repeat` (lib/internal/timers.js)
 * is null for `setTimeout`.
 */
function isRunByTimer(hasCaller: boolean): boolean {
  const { _repeat: period } = executionAsyncResource() as { _repeat?: unknown };
  return typeof period === 'number' || (period === null && !hasCaller);
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
