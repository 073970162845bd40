// What a span says of waits (▒) and decisions (◆), in words for the lines below its bar.
import { durationOf, eventsOf, isMiss, isPoolWait, isQuery, isShortCircuit } from './spans.mjs';
import { BREAKER_STATES, milliseconds } from './text.mjs';

/** @typedef {import('./receiver.mjs').Span} Span */

const WORTH_A_WORD = 0.02; // of the whole trace
/** From a miss until somebody fills the key: callers wait for their connections first. */
const FILLED_WITHIN_MS = 15_000;

/**
 * @param {Span} span
 * @param {{ traces: Map<string, Span[]>, total: number }} options `traces` names the holders of connections
 *   and tells of stampedes; how long the whole trace is, in milliseconds
 * @returns {string[]} nothing of a wait for a connection that hardly matters
 */
export function wordsOf(span, { traces, total }) {
  const ofWait = isPoolWait(span) ? ofPool(span, traces, total) : ofQueue(span);
  return [...ofWait, ...ofMiss(span, traces), ...ofAttempt(span), ...ofBreaker(span)];
}

function ofPool({ name, attributes }, traces, total) {
  const waited = attributes['pool.wait_ms'];
  if (waited < total * WORTH_A_WORD) return [];
  const used = `${attributes['pool.used']}/${attributes['pool.limit']} used, ${attributes['pool.pending']} waiting`;
  const what = attributes['pool.wait_reason'] === 'connect' ? 'a new connection' : 'a connection';
  const holder = holderOf(attributes, traces);
  return [
    `▒ waited ${milliseconds(waited)} for ${what} of ${name.replace('.acquire', '')} (${used})${holder && `; held by ${holder}`}`,
  ];
}

/** Who held the oldest connection. The holder's own trace tells more than the wait knew of it: its request, and how long the query took in the end. */
function holderOf(attributes, traces) {
  const trace = traces.get(attributes['pool.holder.trace_id']) ?? [];
  const request = trace.find(({ parentSpanId }) => parentSpanId === '');
  const query = trace.filter(isQuery).toSorted((a, b) => durationOf(b) - durationOf(a))[0];
  if (request && query) return `${request.name}: ${query.name}, ${milliseconds(durationOf(query))}`;
  return attributes['pool.holder.operation'] ?? '';
}

function ofQueue({ attributes }) {
  const waited = attributes['queue.wait_ms'];
  const attempt = attributes['queue.attempt'] ?? 1;
  if (waited === undefined) return [];
  const which = attempt > 1 ? `; attempt ${attempt} of ${attributes['queue.max_attempts']}` : '';
  return [`▒ waited ${milliseconds(waited)} in queue ${attributes['messaging.destination.name']}${which}`];
}

/** Of the callers that miss a key at a time one has the event, once the key is filled. */
function ofMiss(span, traces) {
  if (!isMiss(span)) return [];
  const stampede = eventsOf([...traces.values()].flat(), 'cache.stampede').find(({ at }) => at >= span.start);
  if (!stampede || stampede.at - span.start > FILLED_WITHIN_MS) return [];
  return [`◆ one of ${stampede.attributes['cache.stampede.callers']} callers that missed it at a time: a stampede`];
}

/** Which try it is, and what the breaker made of it. */
function ofAttempt(span) {
  const { attributes } = span;
  const attempt = attributes['retry.attempt'];
  if (attempt === undefined || (attempt === 1 && !span.failed)) return [];
  const delay = attempt > 1 ? `, after ${milliseconds(attributes['retry.delay_ms'])}` : '';
  const breaker = `breaker ${attributes['circuitbreaker.name']} ${BREAKER_STATES[attributes['circuitbreaker.state']]}`;
  const decision = isShortCircuit(span)
    ? ': the call was not made'
    : attributes['circuitbreaker.state'] === 'half_open'
      ? ': its probe'
      : '';
  return [`◆ attempt ${attempt} of ${attributes['retry.max_attempts']}${delay}; ${breaker}${decision}`];
}

function ofBreaker({ events }) {
  const changes = events.filter(({ name }) => name === 'circuitbreaker.transition').map(({ attributes }) => attributes);
  if (changes.length === 0) return [];
  const states = [changes[0]['circuitbreaker.previous_state'], ...changes.map((to) => to['circuitbreaker.state'])];
  return [
    `◆ breaker ${changes[0]['circuitbreaker.name']}: ${states.map((state) => BREAKER_STATES[state]).join(' → ')}`,
  ];
}
