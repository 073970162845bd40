// The incident in a few lines: what the worst checkout went through, and what breaker, retries and cache did in all.
import {
  durationOf,
  eventsOf,
  isCharge,
  isLookup,
  isPoolWait,
  isProbe,
  isQuery,
  isResend,
  isShortCircuit,
} from './spans.mjs';
import { BREAKER_STATES, count, milliseconds } from './text.mjs';
import { lengthOf } from './worst-trace.mjs';

/** @typedef {import('./receiver.mjs').Span} Span */

const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'];

/**
 * @param {Span[]} trace
 * @returns {string[]} lines
 */
export function checkoutInWords(trace) {
  const root = trace.find(({ parentSpanId }) => parentSpanId === '');
  const inLine = sum(trace.filter(isPoolWait).map(({ attributes }) => attributes['pool.wait_ms']));
  const inSql = sum(trace.filter(isQuery).map(durationOf));
  const refused = trace.filter((span) => isCharge(span) && span.failed).length;
  const notMade = trace.filter(isShortCircuit).length;
  const probe = trace.some(isProbe) ? ', then its probe' : '';
  return [
    `The customer waited ${milliseconds(durationOf(root))}, ${milliseconds(inLine)} of it for a database connection. The queries took ${milliseconds(inSql)}.`,
    `Paid after ${milliseconds(lengthOf(trace))}, at the ${ORDINALS[refused + notMade] ?? 'last'} attempt: ${refused} refused by payments, ${notMade} by the breaker${probe}.`,
  ];
}

/**
 * @param {Span[]} spans of all traces
 * @returns {string[]} lines
 */
export function incidentInWords(spans) {
  const lookups = spans.filter(isLookup);
  return [...breakerInWords(spans), ...(lookups.length ? [cacheInWords(spans, lookups)] : [])];
}

function breakerInWords(spans) {
  const changes = eventsOf(spans, 'circuitbreaker.transition');
  const states = changes.map(({ at, attributes }, i) => {
    const state = BREAKER_STATES[attributes['circuitbreaker.state']];
    return i === 0 ? state : `${state} ${milliseconds(at - changes[i - 1].at)} later`;
  });
  const notMade = count(spans.filter(isShortCircuit).length, 'call');
  const resends = count(spans.filter(isResend).length, 'attempt');
  const storm = eventsOf(spans, 'retry.storm').length ? ', a retry storm' : '';
  return [
    `Breaker ${changes[0].attributes['circuitbreaker.name']}: ${['closed', ...states].join(' → ')}. ${notMade} not made.`,
    `Retries: ${resends} after a first one${storm}.`,
  ];
}

function cacheInWords(spans, lookups) {
  const hits = lookups.filter(({ attributes }) => attributes['cache.hit']).length;
  const stampedes = eventsOf(spans, 'cache.stampede').map(({ attributes }) => attributes);
  const largest = Math.max(...stampedes.map((stampede) => stampede['cache.stampede.callers']));
  const missed = stampedes.length
    ? `; ${count(stampedes.length, 'stampede')}, up to ${largest} callers missing ${stampedes[0]['cache.key']} at a time`
    : '';
  return `Cache: ${hits} of ${count(lookups.length, 'lookup')} hit${missed}.`;
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
