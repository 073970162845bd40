import type { Span } from '@opentelemetry/api';
import { ERROR_LOGGED, ERROR_LOGGED_COUNT } from '@foreshock/kit/names';

/** Events of a span: a loop that logs must not displace what else the span has to show (128 events by default). */
const EVENTS = 4;
/** Types of errors that have an event in any case. */
const TYPES = 8;

interface Logged {
  count: number;
  readonly types: Set<string>;
}

const loggedBySpan = new WeakMap<Span, Logged>();

/** Puts an error that was logged on the span: the first few as events, and the first of each type; all are counted. */
export function errorLogged(span: Span, type: string): void {
  let logged = loggedBySpan.get(span);
  if (!logged) loggedBySpan.set(span, (logged = { count: 0, types: new Set() }));
  const { types } = logged;
  logged.count++;
  if (logged.count <= EVENTS || (types.size < TYPES && !types.has(type))) {
    span.addEvent(ERROR_LOGGED, { 'error.type': type });
  }
  if (types.size < TYPES) types.add(type);
  if (logged.count > EVENTS) span.setAttribute(ERROR_LOGGED_COUNT, logged.count);
}
