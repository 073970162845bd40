// What a span says, asked by name.

/** @typedef {import('./receiver.mjs').Span} Span */

/** @param {Span} span it stood in line for a connection */
export function isPoolWait({ kind, attributes }) {
  return kind === 'INTERNAL' && attributes['pool.wait_ms'] !== undefined;
}

/** @param {Span} span */
export function isQuery({ kind, attributes }) {
  return kind === 'CLIENT' && attributes['db.system.name'] === 'postgresql';
}

/** @param {Span} span it looked into the cache */
export function isLookup({ attributes }) {
  return attributes['cache.hit'] !== undefined;
}

/** @param {Span} span a lookup that found nothing */
export function isMiss({ attributes }) {
  return attributes['cache.hit'] === false;
}

/** @param {Span} span an attempt after a first one */
export function isResend({ attributes }) {
  return attributes['retry.attempt'] > 1;
}

/** @param {Span} span a call that was refused without being made */
export function isShortCircuit({ kind, attributes }) {
  return kind === 'INTERNAL' && attributes['circuitbreaker.outcome'] === 'rejected';
}

/** @param {Span} span the call with which a breaker found out whether all is well again */
export function isProbe({ kind, attributes }) {
  return kind === 'CLIENT' && attributes['circuitbreaker.state'] === 'half_open';
}

/** @param {Span} span a charge as payments saw it */
export function isCharge({ service, kind }) {
  return service === 'payments' && kind === 'SERVER';
}

/** Handled from a queue that says how long that took, and which attempt it is. */
export function isJobOf(system) {
  return ({ kind, attributes }) =>
    kind === 'CONSUMER' &&
    attributes['messaging.system'] === system &&
    attributes['queue.wait_ms'] !== undefined &&
    attributes['queue.attempt'] !== undefined;
}

/** @param {Span} span */
export function durationOf({ start, end }) {
  return end - start;
}

/** @param {Iterable<Span>} spans @param {string} name */
export function eventsOf(spans, name) {
  return [...spans]
    .flatMap(({ events }) => events)
    .filter((event) => event.name === name)
    .toSorted((a, b) => a.at - b.at);
}
