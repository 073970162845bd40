import type { Span } from '@opentelemetry/api';
import { ERROR_LOGGED, ERROR_LOGGED_COUNT } from '@foreshock/kit/names';

/** A logging loop must not exhaust the span's limit (default 128). */
const EVENTS = 4;
/** That get an event. */
const TYPES = 8;

interface Logged {
  count: number;
  readonly types: Set<string>;
}

const loggedBySpan = new WeakMap<Span, Logged>();

/** Events for the first errors and the first of each type; counts all. */
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
