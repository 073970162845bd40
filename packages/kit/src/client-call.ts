import type { Context, Span } from '@opentelemetry/api';
import { isOwn, type Own } from './own-tracer.ts';

export interface RequestContent {
  /** As sent; a span's URL may be redacted. */
  readonly target: string;
  /** `''`: no body; undefined: unknown or incomplete. */
  readonly bodyDigest: string | undefined;
  /** Headers as sent. */
  headers(): Iterable<readonly [name: string, value: string]>;
}

/** Set in the span's constructor: a later property would change its hidden class. */
export const CALLER = Symbol.for('foreshock.caller');
export const CONTENT = Symbol.for('foreshock.request-content');

interface OwnSpan extends Own {
  [CALLER]: Context | undefined;
  [CONTENT]: RequestContent | undefined;
}

const callers = new WeakMap<object, Context>();
const contents = new WeakMap<object, RequestContent>();

export function setCaller(span: object, where: Context | undefined): void {
  if (isOwn<OwnSpan>(span)) span[CALLER] = where;
  else if (where) callers.set(span, where);
  else callers.delete(span);
}

export function callerOf(span: object): Context | undefined {
  return isOwn<OwnSpan>(span) ? span[CALLER] : callers.get(span);
}

export function setRequestContent(span: object, content: RequestContent): void {
  if (isOwn<OwnSpan>(span)) span[CONTENT] = content;
  else contents.set(span, content);
}

export function requestContentOf(span: object): RequestContent | undefined {
  return isOwn<OwnSpan>(span) ? span[CONTENT] : contents.get(span);
}

type Answered = (span: Span, statusCode: number) => void;

let answered: Answered | undefined;

/** At each response head: the body that ends a span may stay unread. */
export function onAnswer(listener: Answered): void {
  answered = listener;
}

export function clientAnswered(span: Span, statusCode: number): void {
  answered?.(span, statusCode);
}
