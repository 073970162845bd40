import { SpanKind, trace, type Span } from '@opentelemetry/api';
import { callerOf } from '@foreshock/kit';
import { failedCallsOf, pathBelow, type FailedCall } from './failed-call.ts';

/** Spans of the application's own, between the caller and the call, that are looked through. */
const MAX_SPANS_BETWEEN = 4;

/** What of the SDK's spans is read. */
interface SdkSpan extends Span {
  readonly kind: SpanKind;
  readonly name: string;
}

/** A failed call that a request could be again, and who made it; undefined: it has no span. */
export interface Candidate {
  readonly failed: FailedCall;
  readonly caller: Span | undefined;
}

/**
 * Calls that failed right below a span, or below spans around it like those that failed calls had around them.
 * Undefined, without an allocation, where none did.
 */
export function candidatesOf(parent: Span): Candidate[] | undefined {
  let candidates: Candidate[] | undefined;
  let caller: Span | undefined = parent;
  for (let i = 0; caller && i <= MAX_SPANS_BETWEEN; i++) {
    const calls = failedCallsOf(caller);
    if (calls) {
      const below = pathBetween(parent, caller);
      for (const failed of calls) {
        if (!failed.isRetried && failed.below === below) (candidates ??= []).push({ failed, caller });
      }
    }
    caller = above(caller);
  }
  return candidates;
}

/** Names from a span up to one around it, which is left out. */
function pathBetween(inner: Span, outer: Span): string {
  let path = '';
  for (let span: Span | undefined = inner; span && span !== outer; span = above(span)) {
    path = pathBelow((span as SdkSpan).name, path);
  }
  return path;
}

/** The outermost span that is looked through: one caller, however many spans it has of its own. */
export function outermost(parent: Span): Span {
  let caller = parent;
  for (let i = 0; i < MAX_SPANS_BETWEEN; i++) {
    const next = above(caller);
    if (!next) break;
    caller = next;
  }
  return caller;
}

/** The span around an INTERNAL one. A server's span, or a consumer's, is where its caller begins. */
function above(span: Span): Span | undefined {
  if ((span as SdkSpan).kind !== SpanKind.INTERNAL) return undefined;
  const where = callerOf(span);
  return where && trace.getSpan(where);
}
