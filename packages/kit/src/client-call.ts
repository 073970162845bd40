import type { Context, Span } from '@opentelemetry/api';
import { isOwn, type Own } from './own-tracer.ts';

/** What a client's boundary knows of a request, beside what its span says. */
export interface RequestContent {
  /** Path and query as they were sent: a URL on a span may have parts left out. */
  readonly target: string;
  /** Tells two bodies apart, `''` is none; undefined: not known, or not sent to its end. */
  readonly bodyDigest: string | undefined;
  /** Its headers as they were sent. */
  headers(): Iterable<readonly [name: string, value: string]>;
}

/** On our own spans from the start: a property that is added makes one class of objects two, for all who read them. */
export const CALLER = Symbol.for('foreshock.caller');
export const CONTENT = Symbol.for('foreshock.request-content');

interface OwnSpan extends Own {
  [CALLER]: Context | undefined;
  [CONTENT]: RequestContent | undefined;
}

const callers = new WeakMap<object, Context>();
const contents = new WeakMap<object, RequestContent>();

/** Keeps the context a span was started in, until the span is forgotten or it is set to undefined. */
export function setCaller(span: object, where: Context | undefined): void {
  if (isOwn<OwnSpan>(span)) span[CALLER] = where;
  else if (where) callers.set(span, where);
  else callers.delete(span);
}

/** The context a span was started in, if {@link setCaller} kept it. */
export function callerOf(span: object): Context | undefined {
  return isOwn<OwnSpan>(span) ? span[CALLER] : callers.get(span);
}

/** Keeps what is known of the request of a client's span. */
export function setRequestContent(span: object, content: RequestContent): void {
  if (isOwn<OwnSpan>(span)) span[CONTENT] = content;
  else contents.set(span, content);
}

export function requestContentOf(span: object): RequestContent | undefined {
  return isOwn<OwnSpan>(span) ? span[CONTENT] : contents.get(span);
}

type Answered = (span: Span, statusCode: number) => void;

let answered: Answered | undefined;

/** Hears of the head of each response: a span ends with the body, which may never be read. */
export function onAnswer(listener: Answered): void {
  answered = listener;
}

/** The head of a response is here. */
export function clientAnswered(span: Span, statusCode: number): void {
  answered?.(span, statusCode);
}
