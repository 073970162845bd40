import { SpanKind, trace, type Span } from '@opentelemetry/api';
import { callerOf } from '@foreshock/kit';
import { failedCallsOf, pathBelow, type FailedCall } from './failed-call.ts';

const MAX_SPANS_BETWEEN = 4;

interface SdkSpan extends Span {
  readonly kind: SpanKind;
  readonly name: string;
}

/** A failed call that may be repeated; `caller` undefined: no span. */
export interface Candidate {
  readonly failed: FailedCall;
  readonly caller: Span | undefined;
}

/** Failed below this span, or a similarly placed outer one. */
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

function pathBetween(inner: Span, outer: Span): string {
  let path = '';
  for (let span: Span | undefined = inner; span && span !== outer; span = above(span)) {
    path = pathBelow((span as SdkSpan).name, path);
  }
  return path;
}

export function outermost(parent: Span): Span {
  let caller = parent;
  for (let i = 0; i < MAX_SPANS_BETWEEN; i++) {
    const next = above(caller);
    if (!next) break;
    caller = next;
  }
  return caller;
}

/** Only INTERNAL spans: callers begin at SERVER or CONSUMER spans. */
function above(span: Span): Span | undefined {
  if ((span as SdkSpan).kind !== SpanKind.INTERNAL) return undefined;
  const where = callerOf(span);
  return where && trace.getSpan(where);
}
