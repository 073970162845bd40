import type { AttributeValue, Attributes, SpanRecord } from '../records/record.ts';

/** What the waterfall draws beside bars; absent if nothing. */
export interface SpanFacts {
  /** Before its start, ms. */
  queuedMs?: number;
  /** Milliseconds between attempts before its start. */
  delayMs?: number;
  /** For a connection, at the call's start, ms. */
  waitedInsideMs?: number;
  attempt?: number;
  maxAttempts?: number;
  /** `open` or `half_open`. */
  breaker?: string;
  errorType?: string;
  /** Held what the span waited for. */
  holder?: { traceId: string; pool: string };
  /** Milliseconds after the start. */
  events?: number[];
  link?: { traceId: string; spanId: string };
}

/** More are illegible on a bar. */
const MOST_EVENTS = 60;
const LONGEST = 60;

/** Computed once, on arrival: a large trace is drawn without attributes. */
export function factsJson(span: SpanRecord): string | null {
  const facts = factsOf(span);
  for (const _ in facts) return JSON.stringify(facts);
  return null;
}

function factsOf({ name, attributes, events, links, start, status }: SpanRecord): SpanFacts {
  const facts: SpanFacts = {};
  const queuedMs = name.startsWith('queue.wait') ? 0 : positive(attributes['queue.wait_ms']);
  if (queuedMs > 0) facts.queuedMs = queuedMs;
  const delayMs = positive(attributes['retry.delay_ms']);
  if (delayMs > 0) facts.delayMs = delayMs;
  const waitedInsideMs = positive(attributes['http.phase.queue_ms']);
  if (waitedInsideMs > 0) facts.waitedInsideMs = waitedInsideMs;
  const attempt = positive(attributes['retry.attempt']) || positive(attributes['queue.attempt']);
  if (attempt > 1) {
    facts.attempt = attempt;
    const maxAttempts = positive(attributes['retry.max_attempts']) || positive(attributes['queue.max_attempts']);
    if (maxAttempts > 0) facts.maxAttempts = maxAttempts;
  }
  const breaker = attributes['circuitbreaker.state'];
  if (breaker === 'open' || breaker === 'half_open') facts.breaker = breaker;
  const errorType = attributes['error.type'];
  if (status === 2 && errorType !== undefined) facts.errorType = textOf(errorType);
  const holder = attributes['pool.holder.trace_id'];
  if (typeof holder === 'string')
    facts.holder = { traceId: holder.slice(0, 32).toLowerCase(), pool: poolOf(attributes) };
  if (events.length > 0) facts.events = events.slice(0, MOST_EVENTS).map(({ time }) => time - start);
  const link = links.find(({ traceId }) => traceId !== '');
  if (link) facts.link = { traceId: link.traceId.slice(0, 32), spanId: link.spanId.slice(0, 16) };
  return facts;
}

function poolOf(attributes: Attributes): string {
  return textOf(attributes['db.client.connection.pool.name'] ?? attributes['pool.name'] ?? '');
}

function positive(value: AttributeValue | undefined): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}

function textOf(value: AttributeValue): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, LONGEST);
}
