import type { Attributes, Span } from '@opentelemetry/api';
import { CLIENT_CALL } from '@foreshock/kit';
import { RETRY_ATTEMPT, RETRY_DELAY_MS, RETRY_POLICY } from '@foreshock/kit/names';
import { disown, owe, summarise, type Repeated } from './retry-summary.ts';

/** `retry.policy` of a loop that nobody told us about. */
const POLICY = 'loop';
/**
 * A retry waits before it sends again; the next item of a list, sent to the same place after one that failed, does
 * not.
 */
const MIN_BACKOFF_MS = 10;
/** Failed calls one parent is remembered to have made; the oldest are forgotten. */
const MAX_FAILED = 64;
/** Longest URL that is compared, in characters. */
const MAX_URL_LENGTH = 1_024;

/** On a parent: calls that failed and were not made again. */
const FAILED = Symbol('foreshock.failed-calls');

interface ClientSpan {
  [CLIENT_CALL]?: Call;
}

interface ParentSpan extends Span {
  [FAILED]?: Call[];
}

/** A call that may turn out to be an attempt. */
class Call implements Repeated {
  readonly policy = POLICY;
  readonly parent: ParentSpan;
  readonly method: string;
  readonly url: string;
  attempts = 1;
  totalDelayMs = 0;
  errorType: string | undefined;
  outcome: 'success' | 'failure' | undefined;
  endedAt = 0;

  constructor(parent: ParentSpan, method: string, url: string) {
    this.parent = parent;
    this.method = method;
    this.url = url;
  }

  /** Whether it went where `other` goes: the same method, origin and path. */
  isLike(other: Call): boolean {
    if (this.method !== other.method) return false;
    const end = endOfPath(this.url);
    return end === endOfPath(other.url) && this.url.slice(0, end) === other.url.slice(0, end);
  }
}

/**
 * A call by HTTP begins.
 *
 * @param span of the client
 * @param parent in whose context it is made
 * @returns what to write on the span, if the call is made again: the same target below the same parent, after a
 * failure and a pause
 */
export function callStarted(span: object, parent: Span, method: string, url: string): Attributes | undefined {
  const call = new Call(parent, method, url);
  (span as ClientSpan)[CLIENT_CALL] = call;
  const failed = (parent as ParentSpan)[FAILED];
  if (!failed) return undefined;
  const now = performance.now();
  const at = failed.findIndex((other) => now - other.endedAt >= MIN_BACKOFF_MS && call.isLike(other));
  const [before] = at < 0 ? [] : failed.splice(at, 1);
  if (!before) return undefined;
  const delayMs = Math.round(now - before.endedAt);
  call.attempts = before.attempts + 1;
  call.totalDelayMs = before.totalDelayMs + delayMs;
  if (before.attempts > 1) disown(parent, before);
  owe(parent, call);
  return { [RETRY_ATTEMPT]: call.attempts, [RETRY_DELAY_MS]: delayMs, [RETRY_POLICY]: POLICY };
}

/**
 * A call by HTTP has ended.
 *
 * @param failed in a way that is tried again: no response, 5xx or 429
 */
export function callEnded(span: object, failed: boolean, errorType: string | undefined): void {
  const call = (span as ClientSpan)[CLIENT_CALL];
  if (!call || call.outcome) return;
  call.outcome = failed ? 'failure' : 'success';
  if (failed) {
    call.endedAt = performance.now();
    call.errorType = errorType;
    const calls = (call.parent[FAILED] ??= []);
    if (calls.length >= MAX_FAILED) calls.shift();
    calls.push(call);
  } else if (call.attempts > 1) {
    summarise(call.parent, call);
  }
}

/** Where query and fragment begin. */
function endOfPath(url: string): number {
  const query = url.indexOf('?');
  const fragment = url.indexOf('#');
  const end = Math.min(query < 0 ? url.length : query, fragment < 0 ? url.length : fragment);
  return Math.min(end, MAX_URL_LENGTH);
}
